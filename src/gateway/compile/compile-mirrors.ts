// Where a route's requests are mirrored to. `mirrorPercent` is the old, whole-numbered spelling of `mirrorPercentage`; without
// either all requests are mirrored, and with zero none (istiod 1.31, route.go, MirrorPercent).

import type { Destination, HttpRoute, Percent } from "../objects.ts";
import { fullyQualified } from "../routing/names.ts";
import type { Chance } from "../routing/table.ts";
import { compileChance } from "./compile-filters.ts";
import type { Complain } from "./compile-match.ts";

export interface MirrorTemplate extends Chance {
  host: string;
  subset: string | undefined;
  port: number | undefined;
}

export function compileMirrors(
  { mirror, mirrors, mirrorPercentage, mirrorPercent }: HttpRoute,
  field: string,
  namespace: string,
  complain: Complain,
): MirrorTemplate[] {
  if (mirror !== undefined && (mirrors ?? []).length > 0)
    complain(`${field}.mirrors`, `${field} has mirror and mirrors: only one of them is allowed`);
  const old = mirrorPercent === undefined ? undefined : { value: mirrorPercent };
  const single =
    mirror === undefined
      ? []
      : [
          {
            destination: mirror,
            percentage: mirrorPercentage ?? old,
            field: `${field}.mirror`,
            percentField: `${field}.mirrorPercentage`,
          },
        ];
  const listed = (mirrors ?? []).map((each, i) => ({
    ...each,
    field: `${field}.mirrors[${i}].destination`,
    percentField: `${field}.mirrors[${i}].percentage`,
  }));
  return [...single, ...listed]
    .map((each) => compileMirror(each, namespace, complain))
    .filter(({ perMillion }) => perMillion > 0);
}

interface WrittenMirror {
  destination?: Destination;
  percentage?: Percent;
  field: string;
  percentField: string;
}

function compileMirror(
  { destination, percentage, field, percentField }: WrittenMirror,
  namespace: string,
  complain: Complain,
): MirrorTemplate {
  const host = destination?.host ?? "";
  if (host === "") complain(`${field}.host`, `${field}.host is missing`);
  return {
    ...compileChance(percentage ?? { value: 100 }, percentField, complain),
    host: fullyQualified(host, namespace),
    subset: destination?.subset || undefined,
    port: destination?.port?.number,
  };
}
