// htmx first: it defines the global that its extensions register with.
import "htmx.org";
import "htmx.org/dist/ext/hx-csp.js";
import "htmx.org/dist/ext/hx-ptag.js";

// The design system's tokens and the components in use, then our own layer on top.
import "hds-core/lib/base.css";
import "hds-core/lib/components/button/button.css";
import "hds-core/lib/components/notification/notification.css";
import "hds-core/lib/components/table/table.css";
import "./tokens.css";
import "./layout.css";
import "./parts.css";
import "./laptops.css";
import "./timeline.css";

import "./stale.js";
