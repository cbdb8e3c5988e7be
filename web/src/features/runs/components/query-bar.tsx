import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { IconButton } from "@/components/ui/buttons";
import { Icon } from "@/components/ui/icon";
import { clausesOf, errorPlace, withoutClause } from "@/lib/filters";
import { checkFilter } from "../api/check-filter";
import type { Keys } from "../api/run-keys";
import { suggestionsFor } from "../suggestions";

/** The filter: typed with completion, checked while it is typed, applied by Enter. */
export function QueryBar({
  filter,
  keys,
  onApply,
}: {
  filter: string;
  keys: Keys | undefined;
  onApply: (filter: string) => void;
}) {
  const [draft, setDraft] = useState(filter);
  const [caret, setCaret] = useState(filter.length);
  const [isOpen, setOpen] = useState(false);
  const [picked, setPicked] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => setDraft(filter), [filter]);
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.key !== "/" || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
      event.preventDefault();
      input.current?.focus();
    };
    window.addEventListener("keydown", focus);
    return () => window.removeEventListener("keydown", focus);
  }, []);

  const error = useFilterError(draft, isOpen ? caret : -1);
  const before = draft.slice(0, caret);
  const { from, options } = useMemo(() => suggestionsFor(before, keys), [before, keys]);
  const shown = isOpen ? options : [];
  useEffect(() => setPicked(-1), [before]);
  useEffect(() => {
    list.current?.children[picked]?.scrollIntoView({ block: "nearest" });
  }, [picked]);

  const take = (text: string) => {
    const next = `${draft.slice(0, from)}${text} `;
    const rest = draft.slice(caret).replace(/^\S*/, (word) => (caret === draft.length ? word : ""));
    setDraft(next + rest.trimStart());
    setCaret(next.length);
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(next.length, next.length);
    });
  };
  const apply = () => {
    setOpen(false);
    onApply(draft.trim());
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!isOpen) setOpen(true);
      else {
        const step = event.key === "ArrowDown" ? 1 : -1;
        setPicked((place) => Math.min(Math.max(place + step, -1), shown.length - 1));
      }
      event.preventDefault();
    } else if (event.key === "Tab" && shown.length && !event.shiftKey && before.trim()) {
      take(shown[Math.max(picked, 0)]!.text);
      event.preventDefault();
    } else if (event.key === "Enter") {
      if (picked >= 0) take(shown[picked]!.text);
      else apply();
    } else if (event.key === "Escape") {
      if (isOpen) setOpen(false);
      else input.current?.blur();
    }
  };
  const place = error ? errorPlace(error) : null;
  return (
    <>
      <div className="query">
        <span className="lens">
          <Icon name="search" />
        </span>
        <input
          ref={input}
          className="field"
          role="combobox"
          aria-label="Filter runs"
          aria-expanded={shown.length > 0}
          aria-controls="query-suggestions"
          aria-autocomplete="list"
          aria-activedescendant={picked >= 0 ? `suggestion-${picked}` : undefined}
          aria-invalid={error !== null}
          placeholder="metrics.loss < 0.3 AND params.model = 'resnet'   ( / to type )"
          spellCheck={false}
          autoComplete="off"
          value={draft}
          onChange={(event) => {
            setDraft(event.target.value);
            setCaret(event.target.selectionStart ?? event.target.value.length);
            setOpen(true);
          }}
          onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? 0)}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={onKeyDown}
        />
        {place !== null && (
          <div className="under" aria-hidden>
            {draft.slice(0, place)}
            <span>{/^\S+|^$/.exec(draft.slice(place))?.[0] || " "}</span>
          </div>
        )}
        {draft && (
          <span style={{ position: "absolute", right: 3, top: 3 }}>
            <IconButton
              icon="cross"
              label="Clear the filter"
              onClick={() => {
                setDraft("");
                onApply("");
              }}
            />
          </span>
        )}
        {shown.length > 0 && (
          <ul
            ref={list}
            className="suggestions"
            id="query-suggestions"
            role="listbox"
            aria-label="Completions"
          >
            {shown.map((option, i) => (
              <li
                key={option.text}
                id={`suggestion-${i}`}
                role="option"
                aria-selected={i === picked}
                onMouseDown={(event) => {
                  event.preventDefault();
                  take(option.text);
                }}
              >
                <span className="mono truncate">{option.text}</span>
                <span className="quiet">{option.note}</span>
              </li>
            ))}
          </ul>
        )}
      </div>
      {error && (
        <div className="query-error" role="alert" style={{ flexBasis: "100%" }}>
          {errorWords(error)}
          {place !== null && ` (character ${place + 1})`}
        </div>
      )}
    </>
  );
}

/** The first line says what is wrong; where, is shown in the field. */
function errorWords(error: string): string {
  return error.split("\n")[0]!;
}

/** The server's objection to a filter; none while its last word is still being typed. */
function useFilterError(draft: string, caret: number): string | null {
  const [settled, setSettled] = useState(draft);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(draft), caret === draft.length ? 500 : 150);
    return () => clearTimeout(timer);
  }, [draft, caret]);
  const check = useQuery({
    queryKey: ["filter", settled],
    queryFn: ({ signal }) =>
      checkFilter(settled, signal).then(
        () => null,
        (error: Error) => error.message,
      ),
    enabled: settled.trim() !== "",
    staleTime: Number.POSITIVE_INFINITY,
  });
  return settled === draft && draft.trim() ? (check.data ?? null) : null;
}

/** The clauses of a filter, each to be taken out by a click. */
export function FilterChips({
  filter,
  onApply,
}: {
  filter: string;
  onApply: (filter: string) => void;
}) {
  const clauses = clausesOf(filter);
  if (clauses.length === 0) return null;
  return (
    <ul className="row wrap" style={{ margin: 0, padding: 0 }} aria-label="Filters">
      {clauses.map((clause) => (
        <li key={clause.from} className="chip">
          <span className="mono truncate" title={clause.text}>
            {clause.text}
          </span>
          <IconButton
            icon="cross"
            label={`Remove ${clause.text}`}
            onClick={() => onApply(withoutClause(filter, clause))}
          />
        </li>
      ))}
    </ul>
  );
}
