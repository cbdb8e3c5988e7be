import { useQuery } from "@tanstack/react-query";
import { counted } from "@/lib/format";
import { settingsQuery } from "../api/list-settings";

/** How long what was deleted can be restored. */
export function Retention() {
  const settings = useQuery(settingsQuery());
  const days = Number(settings.data?.find(({ name }) => name === "retention_days")?.value ?? 0);
  return (
    <section className="panel" id="retention" aria-label="Retention">
      <h2>Retention</h2>
      <p className="content" style={{ margin: 0 }}>
        Deleted runs and logged models stay in the bin with their files, and can be restored.{" "}
        {days > 0
          ? `After ${counted(days, "day")} they are removed for good, with their files: that is what
             this server was started with, as retention_days.`
          : "This server keeps them for ever, and their files take room all the while; started with " +
            "--retention-days 30, it removes them for good after 30 days."}{" "}
        What a registered version points at is kept in any case, and so are experiments.
      </p>
    </section>
  );
}
