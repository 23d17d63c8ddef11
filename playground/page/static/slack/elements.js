// Buttons and menus outside of forms: each choice is told to the app at once.
import { useState } from "preact/hooks";
import { html } from "../html.js";
import { MenuButton } from "../parts/menu.js";
import { Busy, useBusy } from "./busy.js";
import { Confirm } from "./confirm.js";

export function Element({ element, press, slack }) {
  const [asked, setAsked] = useState(null);
  // With a question before it the press waits for the answer; `undone` lets a menu show what it showed before.
  const ask = (value) => {
    const work = () => slack.tell(press(element.action, value));
    if (!element.confirm) return work();
    return new Promise((resolve) => setAsked({ yes: () => { setAsked(null); resolve(work()); }, no: () => { setAsked(null); resolve(); } }));
  };
  const Kind = KINDS[element.kind] ?? Unknown;
  return html`
    <${Kind} element=${element} ask=${ask} slack=${slack} />
    ${asked && html`<${Confirm} asked=${element.confirm} ...${asked} />`}`;
}

function Button({ element, ask, slack }) {
  const { text, label, style, url } = element;
  const work = () => {
    if (url && slack.isOurs(url)) slack.follow(url);
    return element.action ? ask() : undefined;
  };
  if (url && !slack.isOurs(url)) {
    return html`<a class="slack-button" href=${/^https?:/i.test(url) ? url : null} target="_blank" rel="noopener noreferrer nofollow"
      aria-label=${label} onClick=${() => { work(); }}>${text}</a>`;
  }
  return html`<${Busy} className=${`slack-button ${style}`} aria-label=${label} work=${work}>${text}<//>`;
}

const Icon = ({ element, ask }) => html`
  <${Busy} className="slack-button" aria-label=${element.label} work=${() => ask()}>${element.text}<//>`;

const Feedback = ({ element, ask }) => html`
  <${Busy} className="slack-button" aria-label=${element.good.label} work=${() => ask("positive")}>${element.good.text}<//>
  <${Busy} className="slack-button" aria-label=${element.bad.label} work=${() => ask("negative")}>${element.bad.text}<//>`;

const Overflow = ({ element, ask, slack }) => html`
  <${MenuButton} label="More" items=${element.options.map(({ text, value, note, url }) => ({
    label: text,
    hint: note,
    choose: () => { ask(value); if (url && slack.isOurs(url)) slack.follow(url); },
  }))} />`;

function Select({ element, ask }) {
  const [busy, run] = useBusy();
  const choose = (event) => run(ask(event.currentTarget.value));
  return html`
    <select class="slack-select" aria-label=${element.placeholder || "Choose"} aria-busy=${busy} disabled=${busy}
      value=${element.chosen[0] ?? ""} onChange=${choose}>
      ${!element.chosen.length && html`<option value="" disabled>${element.placeholder || "Choose…"}</option>`}
      ${element.options.map(({ text, value }) => html`<option key=${value} value=${value}>${text}</option>`)}
    </select>`;
}

const Choices = ({ element, ask }) => html`
  <div class="slack-choices">
    ${element.options.map(({ text, value, note }) => html`
      <label key=${value}>
        <input type=${element.kind === "checkboxes" ? "checkbox" : "radio"} name=${element.action}
          checked=${element.chosen.includes(value)} onChange=${() => ask(value)} />
        <span>${text}${note && html`<small>${note}</small>`}</span>
      </label>`)}
  </div>`;

const Typed = ({ element, ask }) => html`
  <input class="slack-select" type=${element.input} aria-label=${element.placeholder || "Choose"} value=${element.first}
    onChange=${(event) => event.currentTarget.value && ask(event.currentTarget.value)} />`;

const Image = ({ element }) => html`
  <a class="slack-image" href=${element.url} target="_blank" rel="noopener noreferrer nofollow">Image: ${element.text}</a>`;

const Unknown = ({ element }) => html`<span class="slack-box">An element of the kind “${element.text ?? element.kind}”</span>`;

const KINDS = {
  button: Button, icon_button: Icon, feedback_buttons: Feedback, overflow: Overflow, checkboxes: Choices,
  radio_buttons: Choices, select: Select, typed: Typed, image: Image,
};
