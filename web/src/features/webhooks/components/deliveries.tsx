import { useQuery } from "@tanstack/react-query";
import { Age } from "@/components/ui/texts";
import { counted } from "@/lib/format";
import { deliveriesQuery } from "../api/list-deliveries";

/** What a webhook was told, and what became of it. */
export function Deliveries({ id }: { id: string }) {
  const found = useQuery(deliveriesQuery(id));
  if (found.error) return <p className="bad">{found.error.message}</p>;
  if (!found.data) return <p className="quiet">Reading its log</p>;
  if (found.data.length === 0) return <p className="quiet">It was told nothing yet.</p>;
  return (
    <table className="list" aria-label="What it was told">
      <tbody>
        {found.data.map((delivery, i) => (
          <tr key={i}>
            <td>
              <Age ms={delivery.created_ms} />
            </td>
            <td className="mono">{delivery.event}</td>
            <td>
              {delivery.status}, {counted(delivery.attempts, "attempt")}
            </td>
            <td className="quiet">{delivery.answer}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
