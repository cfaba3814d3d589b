/** Installs the classes globally, as browsers have them. */

import './globals.js';
