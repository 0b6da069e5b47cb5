// Real kubectl against a sandbox whose Deployments run: rollouts, logs, waiting, scaling, deletion.

import { afterAll, beforeAll, expect, test } from "vitest";
import { type Kubectl, kubectlOf, type SandboxApi, startSandboxApi } from "./sandbox-api.ts";

let api: SandboxApi;
let kubectl: Kubectl;

const STORY = "examples/echo/echo-canary.yaml";

beforeAll(async () => {
  api = await startSandboxApi({ runtime: true });
  kubectl = kubectlOf(api);
});

afterAll(async () => {
  expect(api.complaints).toEqual([]);
  await api.stop();
});

test("the story's file brings up pods, and rollout status and wait see them ready", async () => {
  expect(await kubectl("apply", "-f", STORY)).toContain("virtualservice.networking.istio.io/echo created");
  expect(await kubectl("rollout", "status", "deployment/echo-v1", "--timeout=30s")).toContain(
    "successfully rolled out",
  );
  await kubectl("wait", "--for=condition=Available", "deployment/echo-v2", "--timeout=30s");
  await kubectl("wait", "--for=condition=Ready", "pod", "-l", "app=echo", "--timeout=30s");
  expect(await kubectl("get", "deployments")).toMatch(
    /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\necho-v1 +2\/2 +2 +2 +\d+s\n/,
  );
  expect(await kubectl("get", "pods", "-l", "version=v1")).toMatch(
    /^NAME +READY +STATUS +RESTARTS +AGE\necho-v1-\S+ +1\/1 +Running +0 +\d+s\n/,
  );
  expect(await kubectl("get", "pods", "-o", "wide")).toMatch(
    /IP +NODE +NOMINATED NODE +READINESS GATES\n.*127\.\d+\.\d+\.\d+ +serin-sandbox +<none> +<none>\n/,
  );
  expect(await kubectl("get", "all")).toContain("replicaset.apps/echo-v2");
  expect(await kubectl("get", "endpointslices")).toMatch(
    /^NAME +ADDRESSTYPE +PORTS +ENDPOINTS +AGE\necho\S* +IPv4 +8080 +127\./,
  );
  expect(await kubectl("apply", "-f", STORY)).toContain("deployment.apps/echo-v1 unchanged");
});

test("the runtime tells what it did in events and describe", async () => {
  expect(await kubectl("get", "events")).toMatch(/Normal +ScalingReplicaSet +deployment\/echo-v1/);
  const described = await kubectl("describe", "pod", "-l", "version=v1");
  expect(described).toMatch(/Status: +Running/);
  expect(described).toMatch(/Normal +Started /);
  expect(await kubectl("describe", "deployment", "echo-v1")).toMatch(
    /2 desired \| 2 updated \| 2 total \| 2 available/,
  );
});

test("logs: whole, tailed, by deployment, and followed to the pod's end", async () => {
  const all = await kubectl("logs", "deployment/echo-v1");
  expect(all).toContain("server is listening on :8080");
  expect((await kubectl("logs", "deployment/echo-v1", "--tail=1", "--timestamps")).split("\n")).toHaveLength(2);
  expect(await kubectl("logs", "deployment/echo-v1", "--timestamps")).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z /);
  expect(await kubectl("logs", "deployment/echo-v1", "--limit-bytes=4")).toBe(all.slice(0, 4));
  expect(await kubectl("logs", "-l", "app=echo", "--prefix")).toMatch(/^\[pod\/echo-v\d-\S+\/echo\] .*listening/);
  const wrong = await kubectl.run(["logs", "deployment/echo-v1", "-c", "nope"]);
  expect(wrong.stderr).toMatch(/container nope is not valid for pod/);
  expect((await kubectl.run(["logs", "deployment/echo-v1", "--previous"])).stderr).toMatch(
    /previous terminated container "echo"/,
  );
  const pod = await kubectl("get", "pods", "-l", "version=v1", "-o", "jsonpath={.items[0].metadata.name}");
  const following = kubectl.follow("logs", "-f", pod);
  await following.until(/server is listening/);
  await kubectl("delete", "pod", pod, "--wait=false");
  expect(await following.exited).toBe(0);
  await kubectl("rollout", "status", "deployment/echo-v1", "--timeout=30s");
});

test("what the sandbox has not is refused with what to do instead", async () => {
  const pod = await kubectl("get", "pods", "-l", "version=v1", "-o", "jsonpath={.items[0].metadata.name}");
  expect((await kubectl.run(["exec", pod, "--", "ls"])).stderr).toContain("read its output with kubectl logs");
  const node = JSON.stringify({ metadata: { name: pod } });
  expect(
    (await kubectl.run(["create", "--raw", `/api/v1/namespaces/default/pods/${pod}/eviction`, "-f", "-"], node)).stderr,
  ).toContain("delete the pod instead");
});

test("scale and rollout restart, watched as a table", async () => {
  const watching = kubectl.follow("get", "deployment", "echo-v2", "-w");
  await watching.until(/echo-v2 +2\/2/);
  await kubectl("scale", "deployment/echo-v2", "--replicas=3");
  await watching.until(/echo-v2 +3\/3 +3 +3/);
  await kubectl("scale", "deployment/echo-v2", "--replicas=1");
  await watching.until(/echo-v2 +1\/1 +1 +1/);
  await watching.stop();
  const before = (await kubectl("get", "pods", "-l", "version=v2", "-o", "name")).trim().split("\n");
  await kubectl("rollout", "restart", "deployment/echo-v2");
  expect(await kubectl("rollout", "status", "deployment/echo-v2", "--timeout=30s")).toContain(
    "successfully rolled out",
  );
  await kubectl("wait", "--for=delete", ...before, "--timeout=40s");
  expect(await kubectl("rollout", "history", "deployment/echo-v2")).toMatch(/\n1 .*\n2 /);
  await kubectl("rollout", "undo", "deployment/echo-v2");
  await kubectl("rollout", "status", "deployment/echo-v2", "--timeout=30s");
});

test("an image that nobody knows shows its waiting reason, and its logs say that it has not started", async () => {
  await kubectl("create", "deployment", "lost", "--image=example/unknown:1");
  const watching = kubectl.follow("get", "pods", "-l", "app=lost", "-w");
  await watching.until(/lost-\S+ +0\/1 +(ErrImagePull|ImagePullBackOff|\w*Image\w*) /);
  await watching.stop();
  const refused = await kubectl.run(["logs", "deployment/lost"]);
  expect(refused.stderr).toMatch(/container "unknown" in pod "lost-\S+" is waiting to start/);
  await kubectl("delete", "deployment", "lost");
});

test("deletion takes the pods along", async () => {
  expect(await kubectl("delete", "-f", STORY)).toContain('deployment.apps "echo-v1" deleted');
  await kubectl("wait", "--for=delete", "pod", "-l", "app=echo", "--timeout=30s");
  expect((await kubectl.run(["get", "pods,rs,deploy", "-o", "name"])).stdout).toBe("");
});
