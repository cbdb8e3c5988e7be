import { expect, test } from "vitest";
import { parseModelFile, predictionCode, scalar } from "../model-files";
import { sourceOf, webAddress } from "../source-links";

const MLMODEL = `flavors:
  python_function:
    loader_module: mlflow.sklearn
  sklearn:
    code: null
mlflow_version: 3.17.2
signature:
  inputs: '[{"type": "double", "name": "it''s", "required": true}, {"type": "double",
    "name": "bmi", "required": false}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 2]}}]'
  params: null
utc_time_created: '2026-11-21 09:19:07'
`;

test("a signature is read across the lines that YAML breaks it over", () => {
  const model = parseModelFile(MLMODEL);
  expect(model.flavors).toEqual(["python_function", "sklearn"]);
  expect(model.inputs).toEqual([
    { name: "it's", type: "double", isRequired: true },
    { name: "bmi", type: "double", isRequired: false },
  ]);
  expect(model.outputs[0]!.type).toBe("tensor of float64, shape (-1, 2)");
  expect(model.params).toEqual([]);
  expect(model.mlflowVersion).toBe("3.17.2");
});

test("a text in double quotes loses YAML's escapes", () => {
  expect(scalar('key: "a \\\n  \\ b \\u00e9"', "key")).toBe("a  b é");
});

test("the code to predict names the server, the model and its columns", () => {
  const code = predictionCode("http://127.0.0.1:5000", "models:/m-1", parseModelFile(MLMODEL));
  for (const text of Object.values(code)) {
    expect(text).toContain("http://127.0.0.1:5000");
    expect(text).toContain("models:/m-1");
  }
  expect(code.pandas).toContain(`pd.DataFrame([{ "it's": 0.5, "bmi": 0.5 }])`);
  expect(code.spark).toContain('struct("it\'s", "bmi")');
});

test("a repository's page is found from what git takes, without the password", () => {
  expect(webAddress("git@git.example.org:alice/demo.git")).toBe(
    "https://git.example.org/alice/demo",
  );
  expect(webAddress("https://bob:secret@git.example.org/a/b.git")).toBe(
    "https://git.example.org/a/b",
  );
  expect(webAddress("javascript:alert(1)")).toBeNull();
  expect(webAddress("/home/alice/demo")).toBeNull();
});

test("a commit links to its page, a project shows its entry point", () => {
  const source = sourceOf([
    { key: "mlflow.source.name", value: "https://git.example.org/alice/demo" },
    { key: "mlflow.source.git.commit", value: "abc123" },
    { key: "mlflow.project.entryPoint", value: "train" },
  ]);
  expect(source.versionLink).toBe("https://git.example.org/alice/demo/commit/abc123");
  expect(source.name).toBe("demo:train");
});
