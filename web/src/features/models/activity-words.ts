import type { Activity } from "./api/activities";

/** What happened, as a sentence would say it. */
export function activityWords({ kind, details }: Activity): string {
  const { alias, rule, key, value, from_stage, to_stage, comment, holder, reason } = details;
  const said = comment ? `: ${comment}` : "";
  switch (kind) {
    case "CREATED_MODEL":
      return "registered the model";
    case "RENAMED_MODEL":
      return `renamed the model from ${details.old_name}`;
    case "CREATED_VERSION":
      return "made the version";
    case "DELETED_VERSION":
      return "deleted the version";
    case "SET_TAG":
      return `set the tag ${key} to ${value}`;
    case "DELETED_TAG":
      return `deleted the tag ${key}`;
    case "SET_ALIAS":
      return `gave it the alias @${alias}${details.from_version ? `, which version ${details.from_version} had` : ""}`;
    case "DELETED_ALIAS":
      return `took away the alias @${alias}`;
    case "APPLIED_TRANSITION":
    case "SYSTEM_TRANSITION":
      return `moved it from ${from_stage} to ${to_stage}${said}`;
    case "REQUESTED_TRANSITION":
      return `asked for ${to_stage}${said}`;
    case "APPROVED_REQUEST":
      return `approved ${to_stage}${said}`;
    case "REJECTED_REQUEST":
      return `rejected ${to_stage}${said}`;
    case "CANCELLED_REQUEST":
      return `took back the request for ${to_stage}${said}`;
    case "NEW_COMMENT":
      return `commented${said}`;
    case "SET_GATE":
      return `set the gate of @${alias}: ${rule}`;
    case "DELETED_GATE":
      return `deleted the gate of @${alias}`;
    case "LOCKED":
      return `locked it for ${holder}${reason ? `: ${reason}` : ""}`;
    case "UNLOCKED":
      return `unlocked it from ${holder}`;
    default:
      return kind.toLowerCase().replaceAll("_", " ");
  }
}
