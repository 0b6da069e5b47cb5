// The schema of ObjectMeta, which CustomResourceDefinitions leave out of theirs.

import { DEFINITIONS } from "./builtin.ts";
import type { RawSchema } from "./raw-schema.ts";
import { nodeOf } from "./schema-node.ts";

export const RAW_META: RawSchema = { $ref: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" };
export const META_SCHEMA = nodeOf(RAW_META, DEFINITIONS);
