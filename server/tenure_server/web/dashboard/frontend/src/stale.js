// Says so when a part of the page can no longer be kept up to date: an old state must not look like the present
// one. Each part is followed by itself, so that one that still answers does not hide that another does not.
const notice = document.querySelector(".stale-notice");
const failing = new Set();

function follow(event, failed) {
  const part = event.detail?.ctx?.request?.action ?? event.detail?.ctx?.sourceElement ?? event.target;
  if (failed) failing.add(part);
  else failing.delete(part);
  if (notice) notice.hidden = failing.size === 0;
}

document.addEventListener("htmx:after:request", (event) => {
  follow(event, (event.detail?.ctx?.response?.status ?? 0) >= 400);
});
document.addEventListener("htmx:error", (event) => follow(event, true));
