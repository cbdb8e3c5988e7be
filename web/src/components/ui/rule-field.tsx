import { errorPlace } from "@/lib/filters";

/** A rule in the grammar of filters; what is wrong with it is underlined where it is. */
export function RuleField({
  label,
  placeholder,
  value,
  onChange,
  error,
}: {
  label: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
  error: string | null;
}) {
  const place = error ? errorPlace(error) : null;
  return (
    <>
      <div className="query rule">
        <input
          className="field"
          aria-label={label}
          aria-invalid={error !== null}
          placeholder={placeholder}
          spellCheck={false}
          autoComplete="off"
          data-autofocus
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
        {place !== null && (
          <div className="under" aria-hidden>
            {value.slice(0, place)}
            <span>{/^\S+|^$/.exec(value.slice(place))?.[0] || " "}</span>
          </div>
        )}
      </div>
      {error && (
        <p className="bad" role="alert" style={{ margin: "4px 0" }}>
          {error.split("\n")[0]}
          {place !== null && ` (character ${place + 1})`}
        </p>
      )}
    </>
  );
}
