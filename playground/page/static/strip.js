// What a developer wants to see.
import { html } from "./html.js";

export const Strip = () => html`<footer class="strip" aria-label="For developers"></footer>`;
