# SPDX-License-Identifier: Apache-2.0
"""The accuracy card says what a validation says: numbers in the table, and marks at the right places in the plots."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "accuracy_card"
SVG = "{http://www.w3.org/2000/svg}"


def row(at, error, **more):
    return {"at": str(at), "measured": 100, "twin": 100 + error, "error_percent": error, "verdict": "good",
            "basis": "predicted", "calibrated_by": [], "passes": 2, "bound_percent": 10, **more}


def curve(question, rows, **more):
    return {"device": "some-gpu", "question": question, "variant": "", "source": "us", "note": "", "unit": "cycles",
            "at_unit": "KiB", "rows": rows, "excluded": [], **more}


class AccuracyCard(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_script(self, text):
        (self.folder / "validation.json").write_text(text, encoding="utf-8")
        return subprocess.run([sys.executable, "-B", SCRIPT, "--from", self.folder / "validation.json", "--out", self.folder],
                              capture_output=True, text=True, check=False)

    def card(self, curves, without_twin=()):
        done = self.run_script(json.dumps({"format": "migsim/validation/1", "passed": True, "curves": curves,
                                           "without_twin": list(without_twin)}))
        self.assertEqual(done.returncode, 0, done.stderr)
        return (self.folder / "ACCURACY.md").read_text(encoding="utf-8")

    def drawing(self):
        return ElementTree.parse(self.folder / "accuracy/some-gpu.svg").getroot()

    def test_the_table_has_median_p90_and_worst_of_what_counts(self):
        errors = [1, 2, -3, 4, 5, -6, 7, 8, -9, 12]
        rows = [row(2 ** i, error, verdict="good" if abs(error) < 10 else "missed") for i, error in enumerate(errors)]
        rows[0].update(basis="calibrated", calibrated_by=["sm.fill_latency"])
        rows.append(row(4096, 50, verdict="excluded"))
        page = self.card([curve("chase", rows, excluded=[{"from": 4096, "to": 8192, "reason": "known"}])])
        self.assertIn("| chase | 10 | 5.5 % | 9.0 % | +12.0 % at 512 | 9 of 10 | 1 of them by `sm.fill_latency` |", page)
        self.assertIn("Of 10 points 9 are predicted; 9 of 10 gated ones are within their bound.", page)
        self.assertIn("* chase on some-gpu, 4096 to 8192 KiB: known", page)

    def test_a_point_counts_for_the_part_of_the_logarithmic_axis_that_it_stands_for(self):
        page = self.card([curve("chase", [row(at, error) for at, error in
                                          [(32, 1), (64, 2), (128, 3), (256, 4), (272, 9), (288, 9), (304, 9)]])])
        self.assertIn("| chase | 7 | 3.0 % |", page)  # by number of points it would be 4

    def test_curves_of_one_experiment_are_one_row_and_others_are_not(self):
        page = self.card([curve("chase", [row(1, 1)]), curve("stream", [row(1, 2)], variant="read"),
                          curve("chase", [row(2, 3)])],
                         [{"device": "some-gpu", "question": "host_copy", "variant": "", "points": 3}])
        self.assertIn("| chase | 2 | 2.0 % | 3.0 % | +3.0 % at 2 |", page)
        self.assertIn("| stream read | 1 | 2.0 % |", page)
        self.assertIn("* host_copy on some-gpu, all 3 points: no twin answers this question", page)
        self.assertNotIn("![", page)
        self.assertFalse((self.folder / "accuracy/some-gpu.svg").exists())

    def test_a_mark_is_where_its_position_and_error_are(self):
        self.card([curve("chase", [row(10, 0), row(100, 10), row(1000, -10, basis="calibrated")])])
        drawing = self.drawing()
        frame = next(r for r in drawing.iter(SVG + "rect") if r.get("class") == "frame")
        band = next(r for r in drawing.iter(SVG + "rect") if r.get("class") == "bound")
        marks = [(float(c.get("cx")), float(c.get("cy")), c.get("class")) for c in drawing.iter(SVG + "circle")]
        middle = float(frame.get("y")) + float(frame.get("height")) / 2
        self.assertAlmostEqual(marks[0][1], middle, delta=0.1)
        self.assertAlmostEqual(marks[1][0] - marks[0][0], marks[2][0] - marks[1][0], delta=0.11)  # each a decade
        self.assertAlmostEqual(marks[1][1], float(band.get("y")), delta=0.1)  # on the bound, and above the middle
        self.assertLess(marks[1][1], middle)
        self.assertAlmostEqual(marks[2][1], float(band.get("y")) + float(band.get("height")), delta=0.1)
        self.assertEqual([mark[2] for mark in marks], ["predicted", "predicted", "calibrated"])
        for x, y, _ in marks:
            self.assertTrue(float(frame.get("x")) < x < float(frame.get("x")) + float(frame.get("width")))
            self.assertTrue(float(frame.get("y")) < y < float(frame.get("y")) + float(frame.get("height")))

    def test_what_is_off_the_scale_is_an_arrow_inside_the_frame(self):
        self.card([curve("chase", [row(1, 0), row(10, 80), row(100, -80)])])
        drawing = self.drawing()
        self.assertEqual(len(list(drawing.iter(SVG + "circle"))), 1)
        up, down = [path.get("d") for path in drawing.iter(SVG + "path")]
        self.assertIn("l-3 -5.0z", up)
        self.assertIn("l-3 5.0z", down)

    def test_what_is_no_validation_is_refused(self):
        for text in ("{", "[]", '{"format": "migsim/result/1"}'):
            done = self.run_script(text)
            self.assertEqual(done.returncode, 1)
            self.assertIn("validation.json: is not", done.stderr)
            self.assertFalse((self.folder / "ACCURACY.md").exists())


if __name__ == "__main__":
    unittest.main()
