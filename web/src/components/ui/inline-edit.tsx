import { useState } from "react";
import { Icon } from "./icon";

/** A text that turns into a field when it is clicked; Enter keeps, Escape gives up. */
export function InlineEdit({
  value,
  label,
  onSave,
  className,
}: {
  value: string;
  label: string;
  onSave: (value: string) => void;
  className?: string;
}) {
  const [draft, setDraft] = useState<string | null>(null);
  const save = () => {
    const text = draft?.trim();
    setDraft(null);
    if (text && text !== value) onSave(text);
  };
  if (draft === null) {
    return (
      <button
        type="button"
        className={`plain ${className ?? ""}`}
        title={label}
        onClick={() => setDraft(value)}
      >
        <span className="truncate">{value}</span>
        <span className="visually-hidden">, {label}</span>
        <Icon name="pen" size={11} />
      </button>
    );
  }
  return (
    <input
      className="field"
      aria-label={label}
      autoFocus
      value={draft}
      onChange={(event) => setDraft(event.target.value)}
      onFocus={(event) => event.target.select()}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.key === "Enter") save();
        if (event.key === "Escape") setDraft(null);
        event.stopPropagation();
      }}
    />
  );
}
