"""Each input that failed in use leads to the test that keeps it right."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
USED = "integration/test_found_in_use.py"
HOSTILE = "faults/test_hostile_files.py"
AS_OTHERS = f"{USED}::test_boundaries_as_others_write_them_are_the_28_villages_in_force"
TABLES = f"{USED}::test_tables_as_offices_write_them_are_read_or_refused_row_by_row"
FOUND_HOSTILE = f"{HOSTILE}::test_the_hostile_files_found_in_use_end_as_tabled"
KEPT_BY = {
    "B01": f"{USED}::test_coordinates_that_do_not_fit_their_prj_are_named_and_come_with_the_right_system",
    "B02": AS_OTHERS,
    "B03": AS_OTHERS,
    "B04": AS_OTHERS,
    "B05": f"{USED}::test_esri_json_is_told_as_that",
    "B06": f"{USED}::test_layers_with_and_without_outlines_are_told_apart",
    "B07": f"{USED}::test_degrees_without_a_system_are_said_to_be_taken_as_such",
    "B08": f"{USED}::test_a_town_in_gcj_02_is_noticed_asked_about_and_is_the_same_once_named",
    "B09": f"{USED}::test_a_dry_run_of_boundaries_tells_what_they_do_to_those_in_force_and_the_import_does_that",
    "B10": f"{USED}::test_a_column_of_sizes_is_no_column_of_areas",
    "B11": AS_OTHERS,
    "B12": f"{USED}::test_a_village_in_two_rows_is_told_how_to_join_and_joins",
    "B13": f"{USED}::test_one_mistake_in_every_row_is_said_once_with_the_way_out",
    "B14": AS_OTHERS,
    "B15": f"{USED}::test_an_earlier_day_does_not_replace_a_later_version",
    "B16": f"{USED}::test_the_places_of_files_in_other_systems_and_encodings_are_the_same",
    "B17": f"{USED}::test_a_dry_run_of_boundaries_tells_what_they_do_to_those_in_force_and_the_import_does_that",
    "B18": f"{USED}::test_a_shapefile_without_its_parts_is_told_what_to_pack",
    "T01": TABLES,
    "T02": TABLES,
    "T03": f"{USED}::test_big5_is_noticed_and_read_when_it_is_named",
    "T04": TABLES,
    "T05": TABLES,
    "T06": TABLES,
    "T07": TABLES,
    "T08": TABLES,
    "T09": "unit/test_ingest_sheets.py::test_the_sheets_found_in_use_come_out_right",
    "T10": f"{USED}::test_days_of_a_workbook_that_counts_from_1904_are_those_that_it_shows",
    "T11": TABLES,
    "T12": f"{USED}::test_coordinates_as_people_write_them_are_read_or_refused",
    "T13": TABLES,
    "T14": f"{USED}::test_every_heading_that_was_found_in_use_is_known",
    "T15": TABLES,
    "T16": f"{USED}::test_a_web_page_named_xls_is_told_as_that",
    "T17": f"{USED}::test_northing_before_easting_is_told_as_an_exchange",
    "T18": TABLES,
    "S01": f"{USED}::test_a_file_that_leaves_columns_out_changes_the_others_alone_and_says_so_first",
    "S02": f"{USED}::test_blank_cells_leave_what_is_stored_and_empty_it_only_when_that_is_said",
    "S03": f"{USED}::test_a_team_of_three_columns_keeps_its_other_fields",
    "S04": f"{USED}::test_a_number_and_a_stage_are_a_good_update",
    "S05": f"{USED}::test_another_matter_under_a_stored_number_is_asked_about_and_not_done",
    "S06": f"{USED}::test_a_corrected_file_without_numbers_asks_which_record_it_is",
    "S07": f"{USED}::test_a_record_that_the_corrected_file_leaves_out_is_named_and_stays",
    "S08": f"{USED}::test_imports_are_listed_looked_at_and_undone_and_a_case_is_taken_out_and_put_back",
    "S09": f"{USED}::test_an_export_of_the_grids_as_a_sheet_comes_back_and_corrects_names",
    "S10": f"{USED}::test_every_layer_comes_back_unchanged_in_every_format",
    "H01": FOUND_HOSTILE,
    "H02": FOUND_HOSTILE,
    "H03": FOUND_HOSTILE,
    "H04": f"{USED}::test_signs_that_steer_a_terminal_or_look_alike_do_not_come_in",
    "H05": f"{USED}::test_signs_that_steer_a_terminal_or_look_alike_do_not_come_in",
    "H06": f"{USED}::test_markup_in_a_cell_and_in_a_name_of_a_file_is_shown_as_it_is_written",
    "H07": f"{USED}::test_markup_in_a_cell_and_in_a_name_of_a_file_is_shown_as_it_is_written",
    "H08": f"{USED}::test_no_element_of_a_page_arises_from_a_team_s_name",
    "H09": f"{USED}::test_a_formula_after_any_separator_is_escaped_and_comes_back",
    "H10": f"{USED}::test_a_number_with_a_slash_is_an_ordinary_one",
    "H11": f"{USED}::test_a_forged_extract_is_refused",
    "H12": FOUND_HOSTILE,
    "H13": f"{USED}::test_a_hostile_file_changes_nothing_and_ends_in_words",
    "C01": f"{USED}::test_a_bare_code_that_two_lists_have_is_refused_until_its_list_is_told",
    "C02": f"{USED}::test_a_platform_s_words_and_paths_to_grids_come_in_once_they_are_mapped",
    "C03": f"{USED}::test_the_national_template_is_read_as_disputes_and_columns_of_persons_are_named",
    "C04": f"{USED}::test_kinds_of_bodies_are_known_by_their_names",
    "C05": f"{USED}::test_values_with_a_code_and_a_name_are_read_and_others_are_refused_in_words",
    "C06": "property/test_case_rules.py::test_for_every_case_of_the_town_the_stored_state_is_what_its_steps_say",
}
"""Number in the table of what failed in use, and the test."""


def test_each_input_that_failed_in_use_leads_to_a_test_that_there_is() -> None:
    wrong = []
    for number, node in KEPT_BY.items():
        file, _, name = node.partition("::")
        tree = ast.parse((TESTS / file).read_text("utf-8"))
        if name not in {part.name for part in tree.body if isinstance(part, ast.FunctionDef)}:
            wrong.append((number, node))
    assert wrong == []


def test_every_input_of_the_table_is_kept_by_a_test(found_in_use: Path) -> None:
    told = re.findall(r"^\| ([BTSCH]\d\d) \|", (found_in_use / "README.md").read_text("utf-8"), re.MULTILINE)
    wanted = {number for number in told if number[0] != "H" or int(number[1:]) <= 13}
    assert len(wanted) == 65
    assert wanted == set(KEPT_BY)
