import { type ReactNode, useEffect, useRef, useState } from "react";
import { Icon, type IconName } from "./icon";

interface IconButtonProps {
  icon: IconName;
  label: string;
  onClick: (event: React.MouseEvent) => void;
  pressed?: boolean;
  disabled?: boolean;
  className?: string;
}

/** A button that shows a picture and is called by its label. */
export function IconButton({ icon, label, pressed, className, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      className={className ?? "plain"}
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      {...rest}
    >
      <Icon name={icon} />
    </button>
  );
}

/** Copies a text, and says so for a moment. */
export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    await copyText(text);
    setCopied(true);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button
      type="button"
      className="plain copy"
      aria-label={copied ? "Copied" : label}
      title={copied ? "Copied" : label}
      onClick={copy}
    >
      <Icon name={copied ? "check" : "copy"} />
    </button>
  );
}

/** The clipboard is there on https and localhost only; a server in a local network has neither. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

/** A piece of code with a button that copies it. */
export function Code({ children }: { children: string }) {
  return (
    <div className="code" tabIndex={0} role="group" aria-label="Code">
      <pre>{children}</pre>
      <CopyButton text={children} label="Copy code" />
    </div>
  );
}

/** A choice of a few, shown whole. */
export function Choice<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: T;
  options: [value: T, name: ReactNode, title?: string][];
  onChange: (value: T) => void;
}) {
  return (
    <div className="button-group" role="group" aria-label={label}>
      {options.map(([option, name, title]) => (
        <button
          key={option}
          type="button"
          className="button"
          aria-pressed={option === value}
          aria-label={typeof name === "string" ? undefined : title}
          title={title}
          onClick={() => onChange(option)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
