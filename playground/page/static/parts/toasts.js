// Short messages that go away by themselves; a screen reader reads them out.
import { useCallback, useState } from "preact/hooks";
import { html } from "../html.js";

const SHOWN_FOR = 6000;

let count = 0;

export function useToasts() {
  const [toasts, setToasts] = useState([]);
  const say = useCallback((text, kind = "note") => {
    const toast = { text, kind, id: ++count };
    setToasts((before) => [...before, toast]);
    setTimeout(() => setToasts((before) => before.filter(({ id }) => id !== toast.id)), SHOWN_FOR);
  }, []);
  return [toasts, say];
}

export const Toasts = ({ toasts }) => html`
  <div class="toasts" role="status" aria-live="polite">
    ${toasts.map(({ id, text, kind }) => html`<p key=${id} class=${`toast ${kind}`}>${text}</p>`)}
  </div>`;
