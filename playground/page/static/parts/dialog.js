// A modal window: the browser's own <dialog>, which keeps the focus inside and closes with Escape.
import { useEffect, useRef } from "preact/hooks";
import { html } from "../html.js";

let count = 0;

// onClose is called when the person closes it (Escape or the cross); whoever shows it takes it away then.
export function Dialog({ title, onClose, children, className = "" }) {
  const dialog = useRef(null);
  const id = useRef(`dialog-${++count}`).current;
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element.showModal();
    element.querySelector("[autofocus], input, textarea, select, .dialog-body button")?.focus();
    return () => {
      element.close();
      if (before?.isConnected) before.focus(); // the browser does it only for a dialog that still stands in the page
    };
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    onClose();
  };
  return html`
    <dialog ref=${dialog} class=${`dialog ${className}`} aria-labelledby=${id} onCancel=${cancel}>
      <div class="dialog-head">
        <h2 id=${id}>${title}</h2>
        <button type="button" class="dialog-close" aria-label="Close" onClick=${onClose}>✕</button>
      </div>
      <div class="dialog-body">${children}</div>
    </dialog>`;
}
