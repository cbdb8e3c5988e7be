import { useEffect, useRef } from "react";

/** A small box to tick; half ticked where some of what it stands for is. */
export function Tick({
  label,
  checked,
  some = false,
  onChange,
  focusable = true,
}: {
  label: string;
  checked: boolean;
  some?: boolean;
  onChange: (checked: boolean, withShift: boolean) => void;
  focusable?: boolean;
}) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (box.current) box.current.indeterminate = some && !checked;
  }, [some, checked]);
  return (
    <input
      ref={box}
      type="checkbox"
      className="tick"
      aria-label={label}
      checked={checked}
      tabIndex={focusable ? 0 : -1}
      onChange={(event) =>
        onChange(event.target.checked, (event.nativeEvent as MouseEvent).shiftKey === true)
      }
      onClick={(event) => event.stopPropagation()}
    />
  );
}
