// Where the focus goes when what has it goes away.
import { useLayoutEffect, useRef } from "preact/hooks";

export const focusComposer = (pane) => pane?.querySelector(".tg-bottom textarea, .tg-bottom button")?.focus();

export function useFocusOnLeave() {
  const element = useRef(null);
  useLayoutEffect(() => {
    const leaving = element.current;
    const pane = leaving.closest(".telegram");
    return () => {
      if (leaving.contains(document.activeElement)) focusComposer(pane);
    };
  }, []);
  return element;
}
