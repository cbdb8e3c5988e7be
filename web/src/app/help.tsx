import { Modal } from "@mantine/core";

const KEYS: [keys: string[], what: string][] = [
  [["Ctrl", "K"], "Go to an experiment, run, model, version, page or setting"],
  [["/"], "Write a filter"],
  [["1"], "Table only"],
  [["2"], "Table and charts"],
  [["3"], "Charts only"],
  [["↑", "↓"], "Move in the table (also j and k)"],
  [["x"], "Choose the run; with Shift, all up to it"],
  [["Enter"], "Open the run"],
  [["←", "→"], "Fold and unfold children or a group"],
  [["c"], "Compare the chosen runs"],
  [["Alt", "←", "→"], "Move a compared run in the strip"],
  [["Del"], "Drop it"],
  [["?"], "This list"],
];

export default function Help({ onClose }: { onClose: () => void }) {
  return (
    <Modal
      opened
      onClose={onClose}
      title={<strong>Keys</strong>}
      centered
      transitionProps={{ duration: 0 }}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <table>
        <tbody>
          {KEYS.map(([keys, what]) => (
            <tr key={what}>
              <td style={{ paddingRight: 16 }}>
                {keys.map((key) => (
                  <kbd key={key} style={{ marginRight: 3 }}>
                    {key}
                  </kbd>
                ))}
              </td>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Modal>
  );
}
