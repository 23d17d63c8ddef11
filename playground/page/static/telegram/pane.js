// The pane of Telegram.
import { html } from "../html.js";

export const TelegramPane = () => html`<section class="pane telegram" aria-label="Telegram"></section>`;
