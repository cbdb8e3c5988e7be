import { expect, test } from "vitest";
import type { Run } from "../mlflow";
import { reproduction, shellWord } from "../reproduce";

const run = (tags: Record<string, string>, params: Record<string, string> = {}): Run => ({
  info: {
    run_id: "0123456789abcdef0123456789abcdef",
    run_name: "one",
    experiment_id: "1",
    user_id: "alice",
    status: "FINISHED",
    start_time: 0,
    artifact_uri: "",
    lifecycle_stage: "active",
  },
  data: {
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    params: Object.entries(params).map(([key, value]) => ({ key, value })),
  },
});
const told = (found: Run, environment: Parameters<typeof reproduction>[3] = null) =>
  reproduction(found, "my sweep", "http://host:5000", environment);
const IN_GIT = {
  "mlflow.source.name": "/home/alice/demo/src/train.py",
  "mlflow.source.git.commit": "5d0f3a1c",
  "mlflow.source.git.repoURL": "https://alice:secret@git.example.org/alice/demo.git",
};

test("a script is checked out, its environment installed, and started with its params", () => {
  const found = told(run(IN_GIT, { learning_rate: "0.1", name: "it's", "a b": "x" }), {
    name: "requirements.txt",
    address: "http://host:5000/get-artifact?run_uuid=1&path=requirements.txt",
  });
  expect(found).toBe(`# the code, as it was
git clone -- https://git.example.org/alice/demo.git demo
cd demo
git checkout 5d0f3a1c

# what it had installed
curl -fsS -o run-requirements.txt 'http://host:5000/get-artifact?run_uuid=1&path=requirements.txt'
python3 -m venv .venv
. .venv/bin/activate
python -m pip install -r run-requirements.txt

# the run, into the same experiment
export MLFLOW_TRACKING_URI=http://host:5000
export MLFLOW_EXPERIMENT_NAME='my sweep'
python src/train.py \\
  --learning_rate 0.1 \\
  --name 'it'"'"'s'
# not flags: a b`);
});

test("a project is run by mlflow, which makes its environment itself", () => {
  const project = run(
    {
      "mlflow.source.type": "PROJECT",
      "mlflow.source.name": "https://git.example.org/alice/demo.git#models/one",
      "mlflow.source.git.repoURL": "https://git.example.org/alice/demo.git",
      "mlflow.source.git.commit": "5d0f3a1c",
      "mlflow.project.entryPoint": "validate",
    },
    { alpha: "-1" },
  );
  expect(told(project)).toContain(`mlflow run 'https://git.example.org/alice/demo.git#models/one' \\
  --version 5d0f3a1c \\
  --entry-point validate \\
  -P alpha=-1`);
});

test("conda's file makes an environment of conda", () => {
  const found = told(run(IN_GIT), { name: "conda.yaml", address: "http://host:5000/c" });
  expect(found).toContain("conda env create -n run-01234567 -f run-conda.yaml");
});

test("without a repository the commit is for the clone that one has", () => {
  const found = told(run({ "mlflow.source.name": "train.py", "mlflow.source.git.commit": "abc" }));
  expect(found).toContain("# in a clone of its repository\ngit checkout abc");
  expect(found).toMatch(/\npython train\.py$/);
});

test("a notebook is executed, and of what is no script only its name is said", () => {
  expect(told(run({ "mlflow.source.name": "/x/look.ipynb" }))).toMatch(
    /jupyter execute look.ipynb$/,
  );
  const odd = told(run({ "mlflow.source.name": "/Users/alice/Note\nrm -rf ." }));
  expect(odd).toMatch(/# it was started from \/Users\/alice\/Note rm -rf \.: open it, and run it$/);
  expect(told(run({}))).toBeNull();
});

test("what looks like a flag is not taken for one", () => {
  const found = told(
    run({
      "mlflow.source.name": "-cimport os.py",
      "mlflow.source.git.commit": "--force",
      "mlflow.source.git.repoURL": "--upload-pack=touch x",
    }),
  );
  expect(found).not.toContain("git");
  expect(found).toMatch(/\npython '\.\/-cimport os\.py'$/);
});

test.each([
  ["plain-1.0", "plain-1.0"],
  ["two words", "'two words'"],
  ["$(rm -rf .)", "'$(rm -rf .)'"],
  ["-n", "'-n'"],
  ["", "''"],
])("%s is one word of a shell", (text, word) => {
  expect(shellWord(text)).toBe(word);
});
