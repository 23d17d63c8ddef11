// Preact with tagged templates instead of JSX, so that there is nothing to build.
import { h } from "preact";
import htm from "htm";

export const html = htm.bind(h);

// For HTML that the server has made and escaped; nothing else may go through here.
export const Safe = ({ tag = "div", html: inner, ...rest }) => h(tag, { ...rest, dangerouslySetInnerHTML: { __html: inner } });
