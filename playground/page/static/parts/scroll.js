// A list that stays at its end while it grows, unless the person has scrolled up.
import { useLayoutEffect, useRef } from "preact/hooks";

const NEAR = 60;

export function useStickToEnd(place) {
  const list = useRef(null);
  const stuck = useRef(true);
  const shown = useRef(place);
  useLayoutEffect(() => {
    if (shown.current !== place) stuck.current = true;
    shown.current = place;
    if (stuck.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  });
  const onScroll = ({ currentTarget: element }) => {
    stuck.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
  };
  return { ref: list, onScroll };
}
