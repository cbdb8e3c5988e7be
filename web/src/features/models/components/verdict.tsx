import { Icon } from "@/components/ui/icon";
import type { Verdict } from "../api/check-gate";

/** What a gate says of a version: each part of its rule, and what was found. */
export function VerdictTable({ verdict, title }: { verdict: Verdict; title: string }) {
  return (
    <table className="list numbers" aria-label={title}>
      <thead>
        <tr>
          <th scope="col">{title}</th>
          <th scope="col">Part of the rule</th>
          <th scope="col">Found</th>
        </tr>
      </thead>
      <tbody>
        {verdict.checks.map(({ rule, holds, found }) => (
          <tr key={rule}>
            <td className={`status ${holds ? "FINISHED" : "FAILED"}`}>
              <Icon name={holds ? "check" : "cross"} /> {holds ? "holds" : "does not hold"}
            </td>
            <td className="mono">{rule}</td>
            <td>
              {Object.entries(found).map(([field, value]) => (
                <div key={field}>
                  {field} {value === null ? <em>is not there</em> : <>= {value}</>}
                </div>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
