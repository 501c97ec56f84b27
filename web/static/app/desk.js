// The desk's pages: forms and lists by htmx, keys, what is live, the small map.

import "htmx.org";

import { choosing } from "./desk/choose.js";
import { keys } from "./desk/keys.js";
import { live } from "./desk/live.js";
import { smallMaps } from "./desk/small_map.js";
import { theme } from "./desk/theme.js";
import { forms } from "./desk/forms.js";
import { typed } from "./desk/typed.js";
import { wall } from "./desk/wall.js";
import { field } from "./desk/field.js";
import { once } from "./desk/once.js";
import { order } from "./desk/order.js";
import { photos } from "./desk/photos.js";
import { uploads } from "./desk/upload.js";

// Where the sections do not fit side by side, the one that is open is in sight.
document.querySelector(".top nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

theme();
keys();
typed();
live();
smallMaps();
forms();
choosing();
wall();
field();
order();
uploads();
photos();
once();
