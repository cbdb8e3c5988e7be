import { useEffect, useState } from "react";

/** Markdown as a page. What it says is shown, not done: scripts and the like are taken out. */
export function Markdown({ text }: { text: string }) {
  const [html, setHtml] = useState<string | null>(null);
  useEffect(() => {
    let isCurrent = true;
    void import("@/lib/markdown").then(({ renderMarkdown }) => {
      const rendered = renderMarkdown(text);
      if (isCurrent) setHtml(rendered);
    });
    return () => {
      isCurrent = false;
    };
  }, [text]);
  if (html === null)
    return (
      <div className="note" style={{ whiteSpace: "pre-wrap" }}>
        {text}
      </div>
    );
  // biome-ignore lint/security/noDangerouslySetInnerHtml: renderMarkdown lets only harmless tags by
  return <div className="note" dangerouslySetInnerHTML={{ __html: html }} />;
}
