import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Dialog } from "@/components/ui/dialog";
import { Age } from "@/components/ui/texts";
import { tellDone, tellFailure } from "@/lib/notices";
import { answerRequest } from "../api/answer-request";
import { requestTransition } from "../api/request-transition";
import { requestsQuery } from "../api/transition-requests";

/** Requests to move a version to another stage: made, approved, rejected. */
export function Requests({
  name,
  version,
  stages,
}: {
  name: string;
  version: string;
  stages: string[];
}) {
  const client = useQueryClient();
  const requests = useQuery(requestsQuery(name, version));
  const [isAsking, setAsking] = useState(false);
  const [stage, setStage] = useState(stages[0]!);
  const [comment, setComment] = useState("");
  if (!requests.data) return null;
  const changed = () => client.invalidateQueries({ queryKey: ["models"] });
  const reply = (to: string, answer: "approve" | "reject") =>
    answerRequest(name, version, to, answer)
      .then(changed)
      .then(() => tellDone(answer === "approve" ? `Moved to ${to}.` : "Rejected the request."))
      .catch(tellFailure);
  return (
    <section className="panel" aria-label="Requests">
      <h2 className="row">
        Requests
        <button type="button" className="button" onClick={() => setAsking(true)}>
          Ask to move it
        </button>
      </h2>
      {requests.data.length === 0 ? (
        <p className="quiet content">Nobody asks to move it.</p>
      ) : (
        <table className="list">
          <tbody>
            {requests.data.map((request) => (
              <tr key={request.to_stage + request.creation_timestamp}>
                <td>to {request.to_stage}</td>
                <td>{request.user_id}</td>
                <td>{request.comment}</td>
                <td>
                  <Age ms={request.creation_timestamp} />
                </td>
                <td style={{ whiteSpace: "nowrap" }}>
                  <button
                    type="button"
                    className="button"
                    onClick={() => void reply(request.to_stage, "approve")}
                  >
                    Approve
                  </button>{" "}
                  <button
                    type="button"
                    className="button"
                    onClick={() => void reply(request.to_stage, "reject")}
                  >
                    Reject
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Dialog
        title="Ask to move this version"
        open={isAsking}
        onClose={() => setAsking(false)}
        action="Ask"
        onAct={() => requestTransition(name, version, stage, comment).then(changed)}
      >
        <div className="row">
          <select
            className="field"
            aria-label="Stage"
            value={stage}
            onChange={(event) => setStage(event.target.value)}
          >
            {stages.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
          <input
            className="field grow"
            aria-label="Comment"
            placeholder="Why"
            value={comment}
            onChange={(event) => setComment(event.target.value)}
          />
        </div>
      </Dialog>
    </section>
  );
}
