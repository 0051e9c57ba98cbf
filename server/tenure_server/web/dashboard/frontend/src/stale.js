// Says so when the page can no longer be kept up to date: an old state must not look like the present one.
const notice = document.querySelector(".stale-notice");

function show(stale) {
  if (notice && notice.hidden === stale) notice.hidden = !stale;
}

document.addEventListener("htmx:after:request", (event) => {
  const status = event.detail?.ctx?.response?.status ?? 0;
  show(status >= 400);
});
document.addEventListener("htmx:error", () => show(true));
