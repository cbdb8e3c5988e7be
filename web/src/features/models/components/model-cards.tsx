import { Link } from "@tanstack/react-router";
import { Icon } from "@/components/ui/icon";
import { Age } from "@/components/ui/texts";
import { counted } from "@/lib/format";
import { ownTags, type RegisteredModel } from "@/lib/mlflow";
import { leaderOf, standingsOf } from "../standings";

/** A card for each model: who leads, what else has a name, what changed last. */
export function ModelCards({ models }: { models: RegisteredModel[] }) {
  return (
    <ul className="cards model-cards" aria-label="Models">
      {models.map((model) => (
        <li key={model.name} className="card">
          <ModelCard model={model} />
        </li>
      ))}
    </ul>
  );
}

function ModelCard({ model }: { model: RegisteredModel }) {
  const { name } = model;
  const latest = Math.max(0, ...(model.latest_versions ?? []).map((one) => Number(one.version)));
  const leader = leaderOf(model);
  return (
    <article aria-label={name}>
      <h2 className="row">
        <Icon name="box" />
        <Link to="/models/$name" params={{ name }} className="truncate">
          {name}
        </Link>
      </h2>
      {model.description && <p className="quiet truncate">{model.description.split("\n")[0]}</p>}
      <p className="row">
        {leader ? (
          <>
            <Icon name="star" />
            <span className="grow truncate">
              {leader.title}:{" "}
              <Link to="/models/$name/versions/$version" params={{ name, version: leader.version }}>
                version {leader.version}
              </Link>
            </span>
          </>
        ) : (
          <span className="quiet grow">{latest ? "no champion" : "no version yet"}</span>
        )}
      </p>
      <p className="row wrap">
        {standingsOf(model)
          .filter(([title]) => title !== leader?.title)
          .map(([title, version]) => (
            <span key={title} className="badge">
              {title}: {version}
            </span>
          ))}
        {ownTags(model.tags).map((tag) => (
          <span key={tag.key} className="badge">
            {tag.key} = {tag.value}
          </span>
        ))}
      </p>
      <p className="quiet row">
        <span className="grow">{latest > 0 && counted(latest, "version")}</span>
        changed <Age ms={Number(model.last_updated_timestamp)} />
      </p>
    </article>
  );
}
