import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { nativeTest } from "../../engine/_fixture.ts";
import { temporaryFolder } from "../../engine/_temporary.ts";
import { renderSvg } from "../../figures/static/svg.ts";
import { planExperiment } from "../plan.ts";
import { runExperiment } from "../run.ts";
import { RunStore } from "../store.ts";
import { lopaDistProtocols } from "./lopa_dist_protocols.ts";

nativeTest(
  "lopaDistProtocols() records equal caches after every round, and catches the lost commit",
  async () => {
    await using folder = await temporaryFolder();
    const experiment = lopaDistProtocols();
    const store = new RunStore(folder.path, "quick");
    const planned = await planExperiment(experiment, { store });
    const { cells } = await runExperiment(planned, { store });
    const tables = await experiment.tables(cells);
    const [summary, rounds] = tables;
    const [two, single, lost] = summary!.rows;
    assertEquals([two!.first_unequal_round, single!.first_unequal_round], [
      null,
      null,
    ]);
    assertEquals(single!.bytes_between_ranks, 0);
    assertEquals(two!.positions_without_branch, 0);
    assert(single!.positions_without_branch as number > 0);
    const at = lost!.first_unequal_round as number;
    assert(at > 2);
    assert(lost!.first_wrong_token !== null);
    const cell = cells[2]!;
    const { ranks, committed } = cell.result.rounds[at - 1]!;
    const [owner] = ranks.filter(({ sent }) => sent > 0);
    // 3 layers, keys and values, 2 heads of 16, f32, and a boundary row of 64
    assertEquals(owner!.sent, 4 * (committed * 3 * 2 * 2 * 16 + 64));
    assertEquals(ranks[1]!.received, 0);
    assertEquals(ranks[2]!.received, owner!.sent);
    assertEquals(ranks[2]!.digest, owner!.digest);
    assert(ranks[1]!.digest !== owner!.digest);
    for (const { round } of cell.result.rounds.slice(0, at - 1)) {
      const row = rounds!.rows.find((row) =>
        row.run === "two-phase, a commit lost" && row.round === round
      );
      assertEquals(row!.equal, true);
    }
    const figures = await experiment.figures(cells);
    assertEquals(figures.map(({ id }) => id), [
      "lopa-dist-protocol-messages",
      "lopa-dist-protocol-digests",
    ]);
    for (const figure of figures) {
      assert("spec" in figure);
      assertStringIncludes(await renderSvg(figure), "<svg");
    }
    assertStringIncludes(figures[1]!.description, `not equal from round ${at}`);
    const sent = figures[0]!.rows.filter(({ kind, to }) =>
      kind === "commit" && to !== null
    );
    assertEquals(sent.length, 2, "the winner's rows go to both other ranks");
    assertEquals(await experiment.tables([]), []);
    assertEquals(await experiment.figures([]), []);
    await experiment.close();
  },
);
