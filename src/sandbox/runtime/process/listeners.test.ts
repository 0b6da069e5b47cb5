import { describe, expect, it } from "vitest";
import { groupOf, wildcardSockets } from "./listeners.ts";

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0203017F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 100 0 0 10 0
   2: 00000000:0050 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 100 0 0 10 0
`;
const TABLE6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:2328 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 99 1 0 100 0 0 10 0
   1: 00000000000000000000000001000000:2328 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 98 1 0 100 0 0 10 0
`;

describe("wildcardSockets", () => {
  it("finds listeners on every address, of either family, and nothing else", () => {
    expect(wildcardSockets(TABLE)).toEqual([{ port: 8080, inode: "4711" }]);
    expect(wildcardSockets(TABLE6)).toEqual([{ port: 9000, inode: "99" }]);
  });
});

describe("groupOf", () => {
  it("reads the group past a name with brackets and spaces", () => {
    expect(groupOf("42 (evil) 1 2 3) name) S 7 1234 1234 0")).toBe(1_234);
    expect(groupOf("")).toBeUndefined();
  });
});
