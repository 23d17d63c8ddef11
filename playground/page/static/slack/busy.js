// A button that waits for what it has begun.
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "../html.js";

// run(promise) says through `busy` that the work goes on; what is gone by then is left alone.
export function useBusy() {
  const [busy, setBusy] = useState(false);
  const there = useRef(true);
  useEffect(() => () => { there.current = false; }, []);
  const run = (promise) => {
    setBusy(true);
    return Promise.resolve(promise).finally(() => there.current && setBusy(false));
  };
  return [busy, run];
}

// A disabled button would lose the focus, so a busy one stays enabled and does nothing.
export function Busy({ work, children, className = "", ...rest }) {
  const [busy, run] = useBusy();
  return html`
    <button type="button" class=${`${className} ${busy ? "busy" : ""}`} aria-busy=${busy} ...${rest}
      onClick=${() => busy || run(work())}>${children}</button>`;
}
