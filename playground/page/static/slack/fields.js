// The fields of a modal: what is filled in stays in the browser until the modal is submitted.
import { useId } from "preact/hooks";
import { html } from "../html.js";

export function Field({ part, form }) {
  const id = useId();
  const { element } = part;
  const error = form.errors[part.block];
  const notes = [part.hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  const Kind = KINDS[element.kind] ?? Unknown;
  const marks = { id, required: !part.optional, "aria-invalid": error ? "true" : null, "aria-describedby": notes || null };
  const given = form.values[part.block] ?? (element.input ? element.first : element.chosen) ?? "";
  const change = (value) => form.change(part.block, value);
  const several = element.kind === "checkboxes" || element.kind === "radio_buttons";
  return html`
    <div class="slack-field" role=${several ? "group" : null} aria-labelledby=${several ? `${id}-label` : null}>
      <label for=${several ? null : id} id=${`${id}-label`}>${part.label}${part.optional && html` <small>(optional)</small>`}</label>
      <${Kind} element=${element} marks=${marks} given=${given} change=${change} />
      ${part.hint && html`<small id=${`${id}-hint`}>${part.hint}</small>`}
      ${error && html`<p class="slack-error" id=${`${id}-error`} role="alert">${error}</p>`}
    </div>`;
}

// A moment is seconds since 1970 for Slack, and a day with a time of the person's own clock for the browser.
const ofMoment = (seconds) => {
  const date = new Date(seconds * 1000);
  return new Date(date - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
};
const toMoment = (text) => (text ? String(Math.floor(new Date(text).getTime() / 1000)) : "");

function Typed({ element, marks, given, change }) {
  const moment = element.input === "datetime-local";
  const value = moment && given ? ofMoment(given) : given;
  const onInput = ({ currentTarget: box }) => change(moment ? toMoment(box.value) : box.value);
  const shown = { ...marks, value, placeholder: element.placeholder, onInput };
  if (element.lines) return html`<textarea rows="4" minlength=${element.min} maxlength=${element.max} ...${shown}></textarea>`;
  const sizes = element.input === "text" ? { minlength: element.min, maxlength: element.max } : {};
  return html`<input type=${element.input} autocomplete="off" step=${element.input === "number" ? "any" : null} ...${sizes} ...${shown} />`;
}

const Select = ({ element, ...rest }) => (element.several ? Several : Single)({ element, ...rest });

const Single = ({ element, marks, given, change }) => html`
  <select ...${marks} value=${given[0] ?? ""} onChange=${(event) => change([event.currentTarget.value])}>
    <option value="">${element.placeholder || "Choose…"}</option>
    ${element.options.map(({ text, value }) => html`<option key=${value} value=${value}>${text}</option>`)}
  </select>`;

const Several = ({ element, marks, given, change }) => html`
  <select multiple ...${marks} onChange=${(event) => change([...event.currentTarget.selectedOptions].map(({ value }) => value))}>
    ${element.options.map(({ text, value }) => html`
      <option key=${value} value=${value} selected=${given.includes(value)}>${text}</option>`)}
  </select>`;

function Choices({ element, marks, given, change }) {
  const single = element.kind === "radio_buttons";
  const toggle = (value) => change(single ? [value] : given.includes(value) ? given.filter((one) => one !== value) : [...given, value]);
  return html`
    <div class="slack-choices">
      ${element.options.map(({ text, value, note }) => html`
        <label key=${value}>
          <input type=${single ? "radio" : "checkbox"} name=${marks.id} checked=${given.includes(value)} onChange=${() => toggle(value)} />
          <span>${text}${note && html`<small>${note}</small>`}</span>
        </label>`)}
    </div>`;
}

const Unknown = ({ element }) => html`<p class="slack-box">A field of the kind “${element.text ?? element.kind}”</p>`;

const KINDS = { typed: Typed, select: Select, checkboxes: Choices, radio_buttons: Choices };
