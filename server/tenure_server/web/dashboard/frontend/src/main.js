// htmx first: it defines the global that its extensions register with.
import "htmx.org";
import "htmx.org/dist/ext/hx-csp.js";
import "htmx.org/dist/ext/hx-ptag.js";

import "./style.css";
