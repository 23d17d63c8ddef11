// The pane of Slack.
import { html } from "../html.js";

export const SlackPane = () => html`<section class="pane slack" aria-label="Slack"></section>`;
