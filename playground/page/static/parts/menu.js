// A button that opens a menu. Arrow keys, Home, End, Escape and a click elsewhere work as people expect.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { html } from "../html.js";

// A menu that would be cut off by the list or pane around it opens to the other side.
function keepInside(menu) {
  const around = (menu.closest("[role=log]") ?? menu.closest(".pane") ?? document.documentElement).getBoundingClientRect();
  const { top, bottom, left, height } = menu.getBoundingClientRect();
  menu.classList.toggle("up", bottom > around.bottom && top - height > around.top);
  menu.classList.toggle("start", left < around.left);
}

// items: [{ label, choose(), danger?, hint? }]
export function MenuButton({ label, items, children = "⋯", className = "" }) {
  const [open, setOpen] = useState(false);
  const root = useRef(null);
  const button = useRef(null);
  const entries = () => [...root.current.querySelectorAll("[role=menuitem]")];

  useLayoutEffect(() => {
    if (open) keepInside(root.current.querySelector("[role=menu]"));
  }, [open]);
  // At once, not after the next picture: keys that are pressed quickly are for the menu.
  useLayoutEffect(() => {
    if (!open) return undefined;
    entries()[0]?.focus();
    const away = (event) => root.current?.contains(event.target) || setOpen(false);
    document.addEventListener("pointerdown", away);
    return () => document.removeEventListener("pointerdown", away);
  }, [open]);

  const close = () => {
    setOpen(false);
    button.current.focus();
  };
  const keys = (event) => {
    const all = entries();
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: (at + 1) % all.length, ArrowUp: (at - 1 + all.length) % all.length, Home: 0, End: all.length - 1 };
    if (event.key === "Escape") close();
    else if (event.key === "Tab") setOpen(false);
    else if (event.key in to) all[to[event.key]].focus();
    else return;
    if (event.key !== "Tab") event.preventDefault();
    event.stopPropagation();
  };

  return html`
    <span class=${`menu ${className}`} ref=${root} onKeyDown=${open ? keys : null}>
      <button type="button" ref=${button} aria-haspopup="menu" aria-expanded=${open} aria-label=${label} title=${label}
        onClick=${() => setOpen(!open)}>${children}</button>
      ${open &&
      html`<ul role="menu" aria-label=${label}>
        ${items.map(
          (item) => html`
            <li role="none" key=${item.label}>
              <button type="button" role="menuitem" tabindex="-1" class=${item.danger ? "danger" : ""} aria-label=${item.label}
                aria-description=${item.hint}
                onClick=${() => { close(); item.choose(); }}>
                ${item.label}${item.hint && html`<small>${item.hint}</small>`}
              </button>
            </li>`,
        )}
      </ul>`}
    </span>`;
}
