// What stands in a message, a modal or the Home tab: pieces of HTML from the server, elements, and boxes of such.
import { useState } from "preact/hooks";
import { html, Safe } from "../html.js";
import { Element } from "./elements.js";
import { Field } from "./fields.js";

// press(action, value) gives a promise; `form` ({ values, change, errors }) is there in modals only.
export const Parts = ({ parts, ...rest }) => html`
  ${parts.map((part, index) => html`<${Part} key=${part.block ?? index} part=${part} ...${rest} />`)}`;

function Part({ part, ...rest }) {
  if (part.kind === "section") return html`<${Section} part=${part} ...${rest} />`;
  if (part.kind === "actions") return html`<${Row} elements=${part.elements} ...${rest} />`;
  if (part.kind === "input") return html`<${Field} part=${part} ...${rest} />`;
  if (part.kind === "box") return html`<${Box} part=${part} ...${rest} />`;
  return html`<${Safe} class="slack-text" html=${part.html} />`;
}

const Row = ({ elements, ...rest }) => html`
  <div class="slack-row">
    ${elements.map((element, index) => html`<${Element} key=${element.action || index} element=${element} ...${rest} />`)}
  </div>`;

const Section = ({ part, ...rest }) => html`
  <div class="slack-section">
    <div>
      ${part.html && html`<${Safe} class="slack-text" html=${part.html} />`}
      ${part.fields.length > 0 && html`<div class="slack-fields">
        ${part.fields.map((field, index) => html`<${Safe} key=${index} class="slack-text" html=${field} />`)}</div>`}
    </div>
    ${part.accessory && html`<${Element} element=${part.accessory} ...${rest} />`}
  </div>`;

function Box({ part, ...rest }) {
  const [folded, setFolded] = useState(part.folded === true);
  const fold = part.folded === true || part.folded === false;
  return html`
    <div class="slack-box">
      ${part.title && html`<${Safe} class="slack-box-title" html=${part.title} />`}
      ${fold && html`<button type="button" class="slack-fold" aria-expanded=${!folded} onClick=${() => setFolded(!folded)}>
        ${folded ? "Show" : "Hide"}</button>`}
      ${!folded && html`<${Parts} parts=${part.parts} ...${rest} />`}
    </div>`;
}
