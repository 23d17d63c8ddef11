// Where people type: Enter sends, Shift+Enter begins a line, "/" and "@" offer what there is.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { html } from "../html.js";

const MOST_OFFERS = 8;

// offers: [{ insert, label, hint? }]: shown while the text before the cursor ends in a word that begins like `insert`.
// An offer is only for the beginning of a message where `first` is set (commands are).
function matching(offers, text, cursor) {
  const before = text.slice(0, cursor);
  const [word] = before.match(/[/@][^\s]*$/) ?? [""];
  if (!word) return { word, found: [] };
  const begins = before.length === word.length;
  const wanted = word.toLowerCase();
  const found = offers.filter(
    ({ insert, first }) => insert.toLowerCase().startsWith(wanted) && insert.toLowerCase() !== wanted && (begins || !first),
  );
  return { word, found: found.slice(0, MOST_OFFERS) };
}

// onSend(text) gives a promise; what is refused stays in the box, with the sentence that says why.
// `keep` names the unsent text, so that it survives a reload.
export function Composer({ label, placeholder, offers = [], onSend, keep, disabled = false, value = "", onCancel, send = "Send" }) {
  const stored = keep ? sessionStorage.getItem(`unsent ${keep}`) : null;
  const [text, setText] = useState(stored ?? value);
  const [cursor, setCursor] = useState(0);
  const [chosen, setChosen] = useState(0);
  const [hidden, setHidden] = useState(false);
  const [error, setError] = useState("");
  const box = useRef(null);
  const id = useId();
  const { word, found } = hidden ? { word: "", found: [] } : matching(offers, text, cursor);
  const at = Math.min(chosen, found.length - 1);

  const kept = useRef(keep);
  useEffect(() => {
    if (kept.current === keep) return; // a new box has its text already, and perhaps a person's first letters
    kept.current = keep;
    setText((keep && sessionStorage.getItem(`unsent ${keep}`)) || value);
    setError("");
  }, [keep]);
  useEffect(() => {
    box.current.style.height = "auto";
    box.current.style.height = `${Math.min(box.current.scrollHeight, 160)}px`;
  }, [text]);

  const change = (next, position = next.length) => {
    setText(next);
    setCursor(position);
    setHidden(false);
    setChosen(0);
    setError("");
    if (keep) sessionStorage.setItem(`unsent ${keep}`, next);
  };
  const accept = (offer) => {
    const start = cursor - word.length;
    const next = `${text.slice(0, start)}${offer.insert} ${text.slice(cursor)}`;
    const position = start + offer.insert.length + 1;
    box.current.value = next; // at once: the next key may come before it is drawn
    box.current.setSelectionRange(position, position);
    box.current.focus();
    change(next, position);
  };
  const submit = () => {
    const sent = box.current.value; // not `text`: who types quickly presses Enter before it is drawn
    if (!sent.trim() || disabled) return;
    change("");
    Promise.resolve(onSend(sent)).catch((refusal) => {
      if (!box.current?.value) change(sent); // else the person went on writing
      setError(refusal.message);
    });
  };
  const keys = (event) => {
    if (event.isComposing) return;
    if (found.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      setChosen((at + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length);
    } else if (found.length && event.key === "Tab" && !event.shiftKey) {
      accept(found[at]);
    } else if (found.length && event.key === "Enter" && !event.shiftKey) {
      accept(found[at]);
    } else if (event.key === "Enter" && !event.shiftKey) {
      submit();
    } else if (event.key === "Escape" && found.length) {
      setHidden(true);
    } else if (event.key === "Escape" && onCancel) {
      onCancel();
    } else {
      return;
    }
    event.preventDefault();
  };

  return html`
    <form class="composer" onSubmit=${(event) => { event.preventDefault(); submit(); }}>
      ${found.length > 0 &&
      html`<ul class="offers" role="listbox" id=${`${id}-offers`} aria-label="Completions">
        ${found.map(
          (offer, index) => html`
            <li role="option" id=${`${id}-${index}`} key=${offer.insert} aria-selected=${index === at}
              onPointerDown=${(event) => { event.preventDefault(); accept(offer); }}>
              <b>${offer.label ?? offer.insert}</b>${offer.hint && html`<span>${offer.hint}</span>`}
            </li>`,
        )}
      </ul>`}
      <textarea ref=${box} rows="1" aria-label=${label} placeholder=${placeholder} value=${text} disabled=${disabled}
        aria-autocomplete="list"
        aria-controls=${found.length ? `${id}-offers` : null} aria-activedescendant=${found.length ? `${id}-${at}` : null}
        onInput=${(event) => change(event.currentTarget.value, event.currentTarget.selectionStart)}
        onSelect=${(event) => setCursor(event.currentTarget.selectionStart)}
        onKeyDown=${keys}></textarea>
      <button type="submit" disabled=${disabled || !text.trim()}>${send}</button>
      ${error && html`<p class="composer-error" role="alert">${error}</p>`}
    </form>`;
}
