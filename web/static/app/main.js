// Starts the page: the words of all wings, the workspace, then the page.

import { CASE_WORDS } from "./cases/words.js";
import { GROUND_WORDS } from "./ground/words.js";
import { HOTSPOT_WORDS } from "./hotspots/words.js";
import { PATROL_WORDS } from "./patrols/words.js";
import { RESPONSE_WORDS } from "./response/words.js";
import { get } from "./shell/api.js";
import { lang, learn, setZone } from "./shell/i18n.js";
import { Store } from "./shell/state.js";
import { learnTerms } from "./shell/terms.js";
import * as chrome from "./shell/ui/chrome.js";
import { SHELL_WORDS } from "./shell/words.js";
import { TEAM_WORDS } from "./teams/words.js";
import { Page } from "./page.js";

async function start() {
  learn(SHELL_WORDS, GROUND_WORDS, TEAM_WORDS, CASE_WORDS, HOTSPOT_WORDS, PATROL_WORDS, RESPONSE_WORDS);
  let workspace;
  try {
    workspace = await get("/workspace");
  } catch (error) {
    chrome.coverError(error, () => location.reload());
    return;
  }
  setZone(workspace.timezone);
  learnTerms(workspace);
  const store = new Store(workspace, lang);
  if (workspace.empty) chrome.coverEmpty(lang, (/** @type {any} */ to) => store.setLanguage(to));
  else await new Page(workspace, store).open();
}

start();
