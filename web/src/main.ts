/** The entry point. It registers every component, and `sl-app` in index.html does the rest. */

import "./app/invitation.js"; // first, so that a sign-in link's code leaves the address at once
import "./theme.css";
import "./app/theme.js";
import "./app/shell.js";
import "./ui/app.js";
import "./ui/header.js";
import { store } from "./app/store.js";
import { tell } from "./media/glass.js";
import "./pages/sign-in.js";
import "./pages/notice.js";
import "./pages/dispatcher.js";
import "./pages/patrol.js";
import "./pages/coordinator.js";
import "./pages/district-it.js";
import "./pages/auditor.js";

tell((message) => store.channel.send(message));
