export interface paths {
    "/api/v1/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Count reported incidents by grid. A count says what was reported, not how dangerous a place is. */
        get: operations["counts_get_counts_counts_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/coverage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tell for each micro-grid the seconds of the nearest team, to be joined with the grids by key. */
        get: operations["coverage_get_coverage_coverage_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/coverage/sites": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Find where new bases or service points help most, beside those that there are. */
        get: operations["coverage_get_sites_coverage_sites_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dispatches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List dispatches, newest first. */
        get: operations["dispatch_list_dispatches_dispatches_get"];
        put?: never;
        /** Send a team to an incident. */
        post: operations["dispatch_send_team_dispatches_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dispatches/times": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tell the times from the report to the first team's arrival by group. */
        get: operations["dispatch_list_times_dispatches_times_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dispatches/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return a dispatch. */
        get: operations["dispatch_get_dispatch_dispatches__int_number__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dispatches/{number}/arrived": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Note that the team is there. */
        post: operations["dispatch_mark_arrived_dispatches__int_number__arrived_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dispatches/{number}/cancelled": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Call a team back that has not arrived. */
        post: operations["dispatch_cancel_dispatch_dispatches__int_number__cancelled_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dispatches/{number}/finished": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Note that the work is done; the team is free again. */
        post: operations["dispatch_finish_dispatch_dispatches__int_number__finished_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exports/{layer}.{format}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return a layer as a file. */
        get: operations["workspace_get_export_exports__layer___format__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/grids": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List grids as GeoJSON, ordered by key. */
        get: operations["grids_list_grids_grids_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/grids/{grid_key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return one grid with its ancestors. */
        get: operations["grids_get_grid_grids__int_grid_key__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/grids/{grid_key}/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return a grid's story: incidents by domain, stage and kind, what is due, who is there. */
        get: operations["counts_get_summary_grids__int_grid_key__summary_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hotspot-runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the runs that are kept, newest first, without what they found. */
        get: operations["hotspots_list_hotspot_runs_hotspot_runs_get"];
        put?: never;
        /** Start a run, which takes seconds; ask its job how far it is. One run is made at a time. */
        post: operations["hotspots_start_hotspot_run_hotspot_runs_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hotspot-runs/jobs/{job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tell how far a run is that is being made. */
        get: operations["hotspots_get_hotspot_job_hotspot_runs_jobs__job_id__get"];
        put?: never;
        post?: never;
        /** Give a run up that is being made; it ends at its next step, and is not kept. */
        delete: operations["hotspots_cancel_hotspot_job_hotspot_runs_jobs__job_id__delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hotspot-runs/{run_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return a run with what it found as GeoJSON, in order of rank. */
        get: operations["hotspots_get_hotspot_run_hotspot_runs__int_run_id__get"];
        put?: never;
        post?: never;
        /** Delete a run. */
        delete: operations["hotspots_delete_hotspot_run_hotspot_runs__int_run_id__delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hotspot-runs/{run_id}/compare/{other_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lay two runs over each other: what was kept, is new, is gone. */
        get: operations["hotspots_compare_hotspot_runs_hotspot_runs__int_run_id__compare__int_other_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hotspot-runs/{run_id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return what a run found as a file. */
        get: operations["hotspots_export_hotspot_run_hotspot_runs__int_run_id__export_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/incidents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List incidents, newest first, with `next` for the following page and `total`. */
        get: operations["incidents_list_incidents_incidents_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/incidents/{incident_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return one incident with the steps of its handling. */
        get: operations["incidents_get_incident_incidents__int_incident_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/incidents/{uid}/teams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Rank the teams that can go to an incident by their time on the road, with the way of each. */
        get: operations["dispatch_rank_teams_incidents__uid__teams_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/migrant-clusters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List migrant clusters with head-counts, for services and as population only. */
        get: operations["field_list_migrant_clusters_migrant_clusters_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/organisations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List centres, committees, mediation bodies and service points. */
        get: operations["field_list_organisations_organisations_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/patrol-plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the plans that are kept, newest first, without their routes. */
        get: operations["patrols_list_patrol_plans_patrol_plans_get"];
        put?: never;
        /** Start a plan, which takes the seconds that it is given; ask its job how far it is. */
        post: operations["patrols_start_patrol_plan_patrol_plans_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/patrol-plans/compare": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lay two plans side by side: stops, teams, villages. */
        get: operations["patrols_compare_patrol_plans_patrol_plans_compare_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/patrol-plans/{patrol_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return a plan with its routes as GeoJSON. */
        get: operations["patrols_get_patrol_plan_patrol_plans__int_patrol_id__get"];
        put?: never;
        post?: never;
        /** Delete a plan. */
        delete: operations["patrols_delete_patrol_plan_patrol_plans__int_patrol_id__delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/patrol-plans/{patrol_id}/check-ins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Keep that a team is at a stop. */
        post: operations["patrol_evidence_add_check_in_patrol_plans__int_patrol_id__check_ins_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/patrol-plans/{patrol_id}/check-ins/{visit_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take a check-in back. */
        delete: operations["patrol_evidence_delete_check_in_patrol_plans__int_patrol_id__check_ins__int_visit_id__delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/patrol-plans/{patrol_id}/effect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Compare the weeks before and after in the grids that were visited. */
        get: operations["patrol_evidence_get_effect_patrol_plans__int_patrol_id__effect_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/patrol-plans/{patrol_id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return a plan as a file: GPX for a phone, a sheet for print, lines, or the table of times. */
        get: operations["patrols_export_patrol_plan_patrol_plans__int_patrol_id__export_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/patrol-plans/{patrol_id}/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tell where the teams are, and where the plan has them. */
        get: operations["patrol_evidence_get_live_patrol_plans__int_patrol_id__live_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/patrol-plans/{patrol_id}/replan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Start to solve a plan again, with wishes or from a time on; the job's run is the new plan, the old one stays. */
        post: operations["patrols_start_patrol_replan_patrol_plans__int_patrol_id__replan_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/patrol-plans/{patrol_id}/visits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return plan against done; the features are the stretches that were driven. */
        get: operations["patrol_evidence_get_patrol_visits_patrol_plans__int_patrol_id__visits_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/teams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List teams at their newest position, or at their base. */
        get: operations["field_list_teams_teams_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/teams/nearest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the teams nearest to a place as the crow flies. */
        get: operations["field_list_nearest_teams_nearest_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/teams/{code}/track": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return a team's positions as a line with times. */
        get: operations["field_get_track_teams__code__track_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Count incidents a local day or week. */
        get: operations["incidents_get_timeline_timeline_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workspace": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Return the workspace's name, place, days with records and code lists. */
        get: operations["workspace_get_workspace_workspace_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * CheckIn
         * @description A check-in that was kept; without a number where the same one was kept before.
         */
        CheckIn: {
            /** Arrived At */
            arrived_at: string;
            /** Stop */
            stop: string;
            /** Team Code */
            team_code: string;
            /** Visit Id */
            visit_id: number | null;
        };
        /**
         * CheckInBody
         * @description A team says that it is at a stop.
         */
        CheckInBody: {
            /**
             * At
             * @description With its zone; the present where absent.
             * @default null
             */
            at: string | null;
            /**
             * Note
             * @description No names.
             * @default null
             */
            note: string | null;
            /**
             * Stop
             * @description A stop of the plan, as H3.
             */
            stop: string;
            /**
             * Team
             * @description Code of a team of the plan.
             */
            team: string;
        };
        /**
         * CheckInGone
         * @description The check-in that was taken back.
         */
        CheckInGone: {
            /** Visit Id */
            visit_id: number;
        };
        /**
         * Counts
         * @description Counts by grid.
         */
        Counts: {
            /** As Of */
            as_of: string;
            /** Counts */
            counts: {
                [key: string]: number;
            };
            /** From */
            from: string | null;
            /** Level */
            level: number;
            /** Outside */
            outside: number;
            /** Query */
            query: {
                [key: string]: string;
            };
            /** To */
            to: string | null;
            /** Total */
            total: number;
            /** Unassigned */
            unassigned: number;
        };
        /**
         * Coverage
         * @description Seconds of the nearest team by grid key, and households within each limit.
         */
        Coverage: {
            /** At */
            at: string;
            /**
             * Basis
             * @enum {string}
             */
            basis: "base" | "position" | "plan";
            /** Grids */
            grids: {
                [key: string]: any;
            }[];
            /** Level */
            level: number;
            /** Minutes */
            minutes: number[];
            /** Teams */
            teams: {
                [key: string]: any;
            }[];
            /** Total */
            total: {
                [key: string]: any;
            };
            /** Villages */
            villages: {
                [key: string]: any;
            }[];
        };
        /**
         * Days
         * @description First and last day.
         */
        Days: {
            /** From */
            from: string;
            /** To */
            to: string;
        };
        /**
         * Dispatch
         * @description A team that was sent to an incident. Never where it was.
         */
        Dispatch: {
            /** Arrived At */
            arrived_at: string | null;
            /** Dispatch Id */
            dispatch_id: number;
            /** Domain */
            domain: string;
            /** Ended At */
            ended_at: string | null;
            /** Grid Key */
            grid_key: string;
            /** Incident Id */
            incident_id: number;
            /** Kind */
            kind: string | null;
            /** Mode */
            mode: string;
            /** Note */
            note: string | null;
            /** Road M */
            road_m: number;
            /** Road S */
            road_s: number;
            /**
             * Sent At
             * Format: date-time
             */
            sent_at: string;
            /**
             * State
             * @enum {string}
             */
            state: "sent" | "arrived" | "finished" | "cancelled";
            /** Team Code */
            team_code: string;
            /** Uid */
            uid: string;
        };
        /**
         * DispatchRequest
         * @description A team that is to be sent.
         */
        DispatchRequest: {
            /**
             * Incident
             * @description Identifier of an incident's source.
             */
            incident: string;
            /** Team */
            team: string;
        };
        /**
         * Dispatches
         * @description Dispatches, newest first.
         */
        Dispatches: {
            /** Dispatches */
            dispatches: components["schemas"]["Dispatch"][];
        };
        /**
         * Done
         * @description It is done.
         */
        Done: {
            /** Run Id */
            run_id: number;
        };
        /**
         * Feature
         * @description A GeoJSON Feature (RFC 7946).
         */
        Feature: {
            /**
             * Bbox
             * @default null
             */
            bbox: number[] | null;
            /** Geometry */
            geometry: {
                [key: string]: any;
            } | null;
            /**
             * Id
             * @default null
             */
            id: string | number | null;
            /** Properties */
            properties: {
                [key: string]: any;
            };
            /**
             * Type
             * @constant
             */
            type: "Feature";
        };
        /**
         * FeatureCollection
         * @description A GeoJSON FeatureCollection (RFC 7946); lists have `next` and `total`, too.
         */
        FeatureCollection: {
            /** Features */
            features: components["schemas"]["Feature"][];
            /**
             * Next
             * @default null
             */
            next: string | null;
            /**
             * Total
             * @default null
             */
            total: number | null;
            /**
             * Type
             * @constant
             */
            type: "FeatureCollection";
        };
        /**
         * GridName
         * @description A grid's key and names.
         */
        GridName: {
            /** Grid Key */
            grid_key: string;
            /** Name En */
            name_en: string;
            /** Name Zh */
            name_zh: string;
        };
        /**
         * HotspotChange
         * @description What became of an area from one run to another.
         */
        HotspotChange: {
            /**
             * Change
             * @enum {string}
             */
            change: "kept" | "new" | "gone";
            /** Label After */
            label_after: string | null;
            /** Label Before */
            label_before: string | null;
            /** Name En */
            name_en: string | null;
            /** Name Zh */
            name_zh: string | null;
            /** Observed After */
            observed_after: number | null;
            /** Observed Before */
            observed_before: number | null;
            /** Overlap */
            overlap: number;
        };
        /**
         * HotspotChanges
         * @description Areas of two runs laid over each other.
         */
        HotspotChanges: {
            /** Changes */
            changes: components["schemas"]["HotspotChange"][];
            /** First */
            first: number;
            /** Second */
            second: number;
        };
        /**
         * HotspotClass
         * @description A label with its words and its definition.
         */
        HotspotClass: {
            /** Code */
            code: string;
            /** Definition En */
            definition_en: string;
            /** Definition Zh */
            definition_zh: string;
            /** En */
            en: string;
            /** Zh */
            zh: string;
        };
        /**
         * HotspotFeatures
         * @description A GeoJSON FeatureCollection (RFC 7946) with the run that found it and the words for its labels.
         */
        HotspotFeatures: {
            /** Classes */
            classes: components["schemas"]["HotspotClass"][];
            /** Features */
            features: components["schemas"]["Feature"][];
            run: components["schemas"]["HotspotRunInfo"];
            /**
             * Type
             * @constant
             */
            type: "FeatureCollection";
        };
        /**
         * HotspotJob
         * @description How far a job is; `run_id` when it is done, `problem` when it failed, `so_far` what a plan has while it runs.
         */
        HotspotJob: {
            /** Done */
            done: number;
            /** Job Id */
            job_id: string;
            problem: components["schemas"]["Problem"] | null;
            /** Run Id */
            run_id: number | null;
            /**
             * So Far
             * @default null
             */
            so_far: {
                [key: string]: any;
            } | null;
            /**
             * State
             * @enum {string}
             */
            state: "running" | "done" | "failed" | "cancelled";
            /** Step */
            step: string;
            /** Total */
            total: number;
        };
        /**
         * HotspotRequest
         * @description Parameters of a new run; what is left out is chosen as for the command line.
         */
        HotspotRequest: {
            /**
             * Alpha
             * @default 0.05
             */
            alpha: number;
            /**
             * Bandwidth M
             * @default null
             */
            bandwidth_m: number | null;
            /**
             * By
             * @default count
             * @enum {string}
             */
            by: "count" | "rate";
            /**
             * Cell M
             * @default null
             */
            cell_m: number | null;
            /**
             * Domain
             * @description Code of a domain; all where absent.
             * @default null
             */
            domain: string | null;
            /**
             * From
             * @description First local day; the first there is.
             * @default null
             */
            from: string | null;
            /**
             * Hexagons
             * @description Resolution of hexagons (H3); emerging hotspots only.
             * @default null
             */
            hexagons: number | null;
            /**
             * Kind
             * @description Code of a kind; all where absent.
             * @default null
             */
            kind: string | null;
            /**
             * Level
             * @description Level of the grids; the finest there is where absent.
             * @default null
             */
            level: number | null;
            /**
             * Max Population
             * @default null
             */
            max_population: number | null;
            /**
             * Method
             * @default gi
             * @enum {string}
             */
            method: "gi" | "moran" | "scan" | "space-time-scan" | "kde" | "network-kde" | "near-repeat" | "emerging";
            /**
             * Permutations
             * @default null
             */
            permutations: number | null;
            /**
             * Presence
             * @default 0.8
             */
            presence: number;
            /**
             * Prospective
             * @default false
             */
            prospective: boolean;
            /**
             * Seed
             * @default 0
             */
            seed: number;
            /**
             * Step
             * @default month
             * @enum {string}
             */
            step: "day" | "week" | "month";
            /**
             * To
             * @description Last local day; the last there is.
             * @default null
             */
            to: string | null;
            /**
             * Within
             * @description Only this grid and what lies below it.
             * @default null
             */
            within: number | null;
        };
        /**
         * HotspotRunInfo
         * @description A run with all that it takes to repeat it.
         */
        HotspotRunInfo: {
            /** Created At */
            created_at: string;
            /** Data Sha256 */
            data_sha256: string;
            /** Domain */
            domain: string | null;
            /** Kind */
            kind: string | null;
            /** Level */
            level: number;
            /** Method */
            method: string;
            /** Parameters */
            parameters: {
                [key: string]: any;
            };
            /** Run Id */
            run_id: number;
            /** Seed */
            seed: number;
            /** Since */
            since: string;
            /** Summary */
            summary: {
                [key: string]: any;
            };
            /** Until */
            until: string;
            /** Version */
            version: string;
        };
        /**
         * HotspotRuns
         * @description Runs, newest first.
         */
        HotspotRuns: {
            /** Runs */
            runs: components["schemas"]["HotspotRunInfo"][];
        };
        /**
         * LiveTeams
         * @description Teams against plan at a moment.
         */
        LiveTeams: {
            /** At */
            at: string;
            /** Patrol Id */
            patrol_id: number;
            /** Running */
            running: boolean;
            /** Teams */
            teams: {
                [key: string]: any;
            }[];
        };
        /**
         * Migrants
         * @description Migrant clusters of a grid.
         */
        Migrants: {
            /** Clusters */
            clusters: number;
            /** Head Count */
            head_count: number;
        };
        /**
         * Name
         * @description A code with its words.
         */
        Name: {
            /** Code */
            code: string;
            /** En */
            en: string;
            /** Zh */
            zh: string;
        };
        /**
         * PatrolAdded
         * @description A stop comes in.
         */
        PatrolAdded: {
            /**
             * Dwell S
             * @default 720
             */
            dwell_s: number;
            /** Lat */
            lat: number;
            /** Lon */
            lon: number;
            /**
             * Name
             * @default null
             */
            name: string | null;
            /**
             * Prize
             * @description It must be visited where absent.
             * @default null
             */
            prize: number | null;
        };
        /**
         * PatrolBreak
         * @description When a break begins, and how long it is.
         */
        PatrolBreak: {
            /** Earliest */
            earliest: string;
            /** Latest */
            latest: string;
            /** Minutes */
            minutes: number;
        };
        /**
         * PatrolComparison
         * @description Two plans side by side.
         */
        PatrolComparison: {
            /** A */
            a: {
                [key: string]: any;
            };
            /** B */
            b: {
                [key: string]: any;
            };
            /**
             * Moved
             * @description Stops that other teams visit.
             */
            moved: {
                [key: string]: any;
            }[];
            /**
             * Only A
             * @description Stops that only the first visits.
             */
            only_a: {
                [key: string]: any;
            }[];
            /** Only B */
            only_b: {
                [key: string]: any;
            }[];
            /**
             * Same
             * @description Stops that the same teams visit.
             */
            same: number;
            /** Teams */
            teams: {
                [key: string]: any;
            }[];
            /** Villages */
            villages: {
                [key: string]: any;
            }[];
        };
        /**
         * PatrolFeatures
         * @description A plan with its routes as GeoJSON lines; the stops are in each route's ``visits``.
         */
        PatrolFeatures: {
            /** Features */
            features: components["schemas"]["Feature"][];
            /** Plan */
            plan: {
                [key: string]: any;
            };
            /**
             * Type
             * @constant
             */
            type: "FeatureCollection";
        };
        /**
         * PatrolGone
         * @description The plan that was deleted.
         */
        PatrolGone: {
            /** Patrol Id */
            patrol_id: number;
        };
        /**
         * PatrolPlanRequest
         * @description Parameters of a new plan.
         */
        PatrolPlanRequest: {
            /**
             * Dwell S
             * @description Length of a visit.
             * @default 720
             */
            dwell_s: number;
            /**
             * Hotspot Run Id
             * @description Hotspot run; the newest Gi* run where absent.
             * @default null
             */
            hotspot_run_id: number | null;
            /**
             * Leave Out
             * @description Stops that are not visited.
             * @default []
             */
            leave_out: string[];
            /**
             * Locks
             * @description Stops with the team that must visit them.
             * @default {}
             */
            locks: {
                [key: string]: string;
            };
            /**
             * Loss
             * @description Most share of prize given up for plans that differ.
             * @default 0.03
             */
            loss: number;
            /**
             * Min Gap S
             * @description Least time between two of them.
             * @default 3600
             */
            min_gap_s: number;
            /**
             * Nights
             * @description Consecutive nights, a plan for each.
             * @default 1
             */
            nights: number;
            /**
             * On
             * @description Local day on which the shift begins; today where absent.
             * @default null
             */
            on: string | null;
            /**
             * @description Break of every team.
             * @default null
             */
            rest: components["schemas"]["PatrolBreak"] | null;
            /**
             * Revisit Share
             * @description Share that a further visit earns.
             * @default 0.6
             */
            revisit_share: number;
            /**
             * @description Rules for single stops and teams.
             * @default null
             */
            rules: components["schemas"]["Rules"] | null;
            /**
             * Seconds
             * @description Time for the search.
             * @default 10
             */
            seconds: number;
            /**
             * Seed
             * @default 0
             */
            seed: number;
            /**
             * Teams
             * @description Codes of teams; all where absent.
             * @default null
             */
            teams: string[] | null;
            /**
             * Vary
             * @description Draw the plan by the seed from several that are nearly best.
             * @default false
             */
            vary: boolean;
            /**
             * Village Share
             * @description Least share of its prize that each village gets over seven days.
             * @default 0
             */
            village_share: number;
            /**
             * Visits
             * @description Most visits to a stop.
             * @default 1
             */
            visits: number;
        };
        /**
         * PatrolPlans
         * @description Plans, newest first, without their routes.
         */
        PatrolPlans: {
            /** Plans */
            plans: {
                [key: string]: any;
            }[];
        };
        /**
         * PatrolReplanRequest
         * @description How a plan is changed: with wishes for the whole night, or from a time on during the shift.
         */
        PatrolReplanRequest: {
            /**
             * Added
             * @default []
             */
            added: components["schemas"]["PatrolAdded"][];
            /**
             * At
             * @description HH:MM within the shift, or a day with a time.
             * @default null
             */
            at: string | null;
            /**
             * Leave Out
             * @description The old plan's where absent.
             * @default null
             */
            leave_out: string[] | null;
            /**
             * Locks
             * @description Stops with the team that must visit them; the old plan's where absent.
             * @default null
             */
            locks: {
                [key: string]: string;
            } | null;
            /**
             * Seconds
             * @description Time for the search.
             * @default null
             */
            seconds: number | null;
            /**
             * Seed
             * @description The old plan's where absent.
             * @default null
             */
            seed: number | null;
            /**
             * Taken
             * @default []
             */
            taken: components["schemas"]["PatrolTaken"][];
            /**
             * Teams Out
             * @default []
             */
            teams_out: string[];
        };
        /**
         * PatrolTaken
         * @description An emergency takes a team.
         */
        PatrolTaken: {
            /**
             * Free At
             * @description HH:MM, or a day with a time.
             */
            free_at: string;
            /** Lat */
            lat: number;
            /** Lon */
            lon: number;
            /** Team */
            team: string;
        };
        /**
         * PlanEffect
         * @description Before and after, as ``/hotspot-effects`` gives it, with the visits that were made.
         */
        PlanEffect: {
            /** Cells */
            cells: number;
            /** Change */
            change: {
                [key: string]: any;
            };
            /** Conventions */
            conventions: {
                [key: string]: string;
            };
            /** Data Sha256 */
            data_sha256: string;
            /** Displacement */
            displacement: {
                [key: string]: any;
            } | null;
            /** Domain */
            domain: string | null;
            /** Grids */
            grids: string[];
            /** Level */
            level: number;
            /** On */
            on: string;
            /** Patrols */
            patrols: number[];
            /** Since */
            since: string;
            /** Until */
            until: string;
            /** Verdict En */
            verdict_en: string;
            /** Verdict Zh */
            verdict_zh: string;
            /** Visits */
            visits: number;
        };
        /**
         * Problem
         * @description An error that a person can act on.
         */
        Problem: {
            /** Code */
            code: string;
            /** Message En */
            message_en: string;
            /** Message Zh */
            message_zh: string;
        };
        /**
         * RankedTeams
         * @description Teams that can go, first to arrive first; and those that are left out, with the reason.
         */
        RankedTeams: {
            /** Asked */
            asked: number;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Incident */
            incident: {
                [key: string]: any;
            };
            /** Kinds */
            kinds: {
                [key: string]: string;
            }[];
            /** Left Out */
            left_out: {
                [key: string]: any;
            }[];
            /** Teams */
            teams: {
                [key: string]: any;
            }[];
        };
        /**
         * ResponseTimes
         * @description Seconds from the report to the first team's arrival; groups with fewer than five are withheld.
         */
        ResponseTimes: {
            /** By */
            by: string;
            /** From */
            from: string | null;
            /** Groups */
            groups: {
                [key: string]: any;
            }[];
            /** Odd */
            odd: number;
            /** To */
            to: string | null;
            /** Total */
            total: {
                [key: string]: any;
            } | null;
            /** Withheld Groups */
            withheld_groups: number;
        };
        /**
         * Rules
         * @description Rules for stops and teams; one for each at most.
         */
        Rules: {
            /**
             * Stops
             * @default []
             */
            stops: components["schemas"]["StopRule"][];
            /**
             * Teams
             * @default []
             */
            teams: components["schemas"]["TeamRule"][];
        };
        /**
         * Sites
         * @description Where new sites help most, and how good the choice can be.
         */
        Sites: {
            /** Before */
            before: number;
            /** Bound */
            bound: number;
            /** Candidates */
            candidates: number;
            /** Conventions */
            conventions: {
                [key: string]: string;
            };
            /** Existing */
            existing: number;
            /** Gap */
            gap: number;
            /** Households */
            households: number;
            /** Minutes */
            minutes: number;
            /** Mode */
            mode: string;
            /** Objective */
            objective: string;
            /** Optimal */
            optimal: boolean;
            /** Sites */
            sites: {
                [key: string]: any;
            }[];
            /** Value */
            value: number;
        };
        /**
         * StopRule
         * @description What holds for one stop; what is absent stays as it is.
         *
         *     ``team`` keeps the stop for one team; ``must`` makes the visit come before any prize; ``visits`` are the most in the
         *     shift, ``min_gap_min`` apart from start to start, each further one at ``revisit_share`` of the one before.
         */
        StopRule: {
            /**
             * Closed To
             * @default null
             */
            closed_to: ("car" | "bike" | "foot")[] | null;
            /**
             * Dwell Min
             * @default null
             */
            dwell_min: number | null;
            /**
             * Leave Out
             * @default false
             */
            leave_out: boolean;
            /**
             * Min Gap Min
             * @default null
             */
            min_gap_min: number | null;
            /**
             * Min Size
             * @default null
             */
            min_size: number | null;
            /**
             * Must
             * @default null
             */
            must: boolean | null;
            /**
             * Prize
             * @default null
             */
            prize: number | null;
            /**
             * Revisit Share
             * @default null
             */
            revisit_share: number | null;
            /** Stop */
            stop: string;
            /**
             * Team
             * @default null
             */
            team: string | null;
            /**
             * Visits
             * @default null
             */
            visits: number | null;
            /**
             * Windows
             * @description Opening hours, HH:MM-HH:MM.
             * @default null
             */
            windows: string[] | null;
        };
        /**
         * Summary
         * @description A grid's story.
         */
        Summary: {
            /** As Of */
            as_of: string;
            /** By Domain */
            by_domain: {
                [key: string]: number;
            };
            /** By Kind */
            by_kind: {
                [key: string]: number;
            };
            /** By Stage */
            by_stage: {
                [key: string]: number;
            };
            /** Grid Key */
            grid_key: string;
            /** Households */
            households: number | null;
            incidents: components["schemas"]["Totals"];
            migrants: components["schemas"]["Migrants"];
            /** Organisations */
            organisations: number;
            /** Population */
            population: number | null;
            /** Query */
            query: {
                [key: string]: string;
            };
            /** Teams */
            teams: number;
        };
        /**
         * TeamRule
         * @description What holds for one team tonight.
         */
        TeamRule: {
            /**
             * Begin
             * @description Begins at HH:MM.
             * @default null
             */
            begin: string | null;
            /**
             * End
             * @description Ends at HH:MM.
             * @default null
             */
            end: string | null;
            /**
             * Grid Key
             * @description Bound to this grid's subtree.
             * @default null
             */
            grid_key: number | null;
            /**
             * Rest
             * @description Break: earliest-latest/minutes, as 23:00-01:00/30.
             * @default null
             */
            rest: string | null;
            /**
             * Size
             * @default null
             */
            size: number | null;
            /** Team */
            team: string;
        };
        /**
         * Timeline
         * @description Counts by day or week.
         */
        Timeline: {
            /** As Of */
            as_of: string;
            /** Points */
            points: [
                string,
                number
            ][];
            /** Query */
            query: {
                [key: string]: string;
            };
            /** Step */
            step: string;
        };
        /**
         * Totals
         * @description Incidents of a grid and a period.
         */
        Totals: {
            /** Closed Late */
            closed_late: number;
            /** Open */
            open: number;
            /** Overdue */
            overdue: number;
            /** To Confirm */
            to_confirm: number;
            /** Total */
            total: number;
        };
        /**
         * Workspace
         * @description What a page needs to know before it draws anything.
         */
        Workspace: {
            /** Bounds */
            bounds: number[] | null;
            /** Channels */
            channels: components["schemas"]["Name"][];
            /** Data Version */
            data_version: number;
            /** Domains */
            domains: components["schemas"]["Name"][];
            /** Empty */
            empty: boolean;
            /** Illustrative */
            illustrative: boolean;
            /** Kinds */
            kinds: {
                [key: string]: components["schemas"]["Name"][];
            };
            /** Levels */
            levels: number[];
            /** Name En */
            name_en: string;
            /** Name Zh */
            name_zh: string;
            period: components["schemas"]["Days"] | null;
            root: components["schemas"]["GridName"] | null;
            /** Scales */
            scales: components["schemas"]["Name"][];
            /** Stages */
            stages: components["schemas"]["Name"][];
            /** Team Kinds */
            team_kinds: components["schemas"]["Name"][];
            /** Timezone */
            timezone: string;
            /** Version */
            version: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    counts_get_counts_counts_get: {
        parameters: {
            query?: {
                /** @description First day, YYYY-MM-DD, local. */
                from?: string | null;
                /** @description Last day, YYYY-MM-DD, local. */
                to?: string | null;
                /** @description Code of a domain, e.g. dispute. */
                domain?: string | null;
                /** @description Only in this grid; 0 for those in no grid. */
                grid?: number | null;
                /** @description Codes of stages, e.g. mediating. */
                stage?: string | null;
                /** @description Codes of kinds. */
                kind?: string | null;
                /** @description Only open cases past their due time. */
                overdue?: boolean;
                /** @description Only cases that are not closed. */
                open?: boolean;
                /** @description Only cases whose grid a person must confirm. */
                confirm?: boolean;
                /** @description Words of the summary, or the beginning of a number. */
                q?: string | null;
                /** @description Grid level: 1 town, 2 area, 3 village, 4 micro-grid. */
                level?: number;
                /** @description The same as grid. */
                parent?: number | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Counts"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    coverage_get_coverage_coverage_get: {
        parameters: {
            query?: {
                /** @description Local time of day; now where absent. */
                at?: string | null;
                /** @description Ascending limits. */
                minutes?: string;
                /** @description Fresh live positions in place of bases. */
                live?: boolean;
                /** @description A kept plan, at that time of its shift. */
                plan?: number | null;
                /** @description Only teams that are sent to incidents of this domain. */
                domain?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Coverage"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    coverage_get_sites_coverage_sites_get: {
        parameters: {
            query?: {
                add?: number;
                objective?: "covering" | "median";
                minutes?: number;
                mode?: "foot" | "bike" | "car";
                existing?: "bases" | "service-points";
                /** @description Time for the solver. */
                seconds?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sites"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dispatch_list_dispatches_dispatches_get: {
        parameters: {
            query?: {
                /** @description Only of this incident (uid). */
                incident?: string | null;
                /** @description Only those that are not over. */
                open?: boolean;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dispatches"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dispatch_send_team_dispatches_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DispatchRequest"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dispatch"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dispatch_list_times_dispatches_times_get: {
        parameters: {
            query?: {
                /** @description First day, YYYY-MM-DD, local. */
                from?: string | null;
                /** @description Last day, YYYY-MM-DD, local. */
                to?: string | null;
                /** @description Code of a domain, e.g. dispute. */
                domain?: string | null;
                by?: "domain" | "village" | "area";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResponseTimes"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dispatch_get_dispatch_dispatches__int_number__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Number of a dispatch. */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dispatch"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dispatch_mark_arrived_dispatches__int_number__arrived_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Number of a dispatch. */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dispatch"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dispatch_cancel_dispatch_dispatches__int_number__cancelled_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Number of a dispatch. */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dispatch"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dispatch_finish_dispatch_dispatches__int_number__finished_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Number of a dispatch. */
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dispatch"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    workspace_get_export_exports__layer___format__get: {
        parameters: {
            query?: {
                /** @description First day, YYYY-MM-DD, local. */
                from?: string | null;
                /** @description Last day, YYYY-MM-DD, local. */
                to?: string | null;
                /** @description Code of a domain, e.g. dispute. */
                domain?: string | null;
                /** @description Only in this grid; 0 for those in no grid. */
                grid?: number | null;
                /** @description Codes of stages, e.g. mediating. */
                stage?: string | null;
                /** @description Codes of kinds. */
                kind?: string | null;
                /** @description Only open cases past their due time. */
                overdue?: boolean;
                /** @description Only cases that are not closed. */
                open?: boolean;
                /** @description Only cases whose grid a person must confirm. */
                confirm?: boolean;
                /** @description Words of the summary, or the beginning of a number. */
                q?: string | null;
                crs?: "EPSG:4326" | "EPSG:4490" | "GCJ-02" | "BD-09";
            };
            header?: never;
            path: {
                layer: "grids" | "incidents" | "teams" | "migrants" | "organisations" | "roads";
                format: "geojson" | "gpkg" | "csv" | "xlsx";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The layer as a file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/geo+json": string;
                    "application/geopackage+sqlite3": string;
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv; charset=utf-8": string;
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    grids_list_grids_grids_get: {
        parameters: {
            query?: {
                level?: number | null;
                /** @description Only grids below this one. */
                parent?: number | null;
                /** @description As the boundaries stood on that day. */
                on?: string | null;
                /** @description Whether to give outlines. */
                geometry?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FeatureCollection"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    grids_get_grid_grids__int_grid_key__get: {
        parameters: {
            query?: {
                /** @description As the boundaries stood on that day. */
                on?: string | null;
            };
            header?: never;
            path: {
                /** @description Grid key, up to 17 digits. */
                grid_key: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Feature"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    counts_get_summary_grids__int_grid_key__summary_get: {
        parameters: {
            query?: {
                /** @description First day, YYYY-MM-DD, local. */
                from?: string | null;
                /** @description Last day, YYYY-MM-DD, local. */
                to?: string | null;
                /** @description Code of a domain, e.g. dispute. */
                domain?: string | null;
                /** @description Only in this grid; 0 for those in no grid. */
                grid?: number | null;
                /** @description Codes of stages, e.g. mediating. */
                stage?: string | null;
                /** @description Codes of kinds. */
                kind?: string | null;
                /** @description Only open cases past their due time. */
                overdue?: boolean;
                /** @description Only cases that are not closed. */
                open?: boolean;
                /** @description Only cases whose grid a person must confirm. */
                confirm?: boolean;
                /** @description Words of the summary, or the beginning of a number. */
                q?: string | null;
            };
            header?: never;
            path: {
                /** @description Grid key, up to 17 digits. */
                grid_key: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Summary"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    hotspots_list_hotspot_runs_hotspot_runs_get: {
        parameters: {
            query?: {
                method?: ("gi" | "moran" | "scan" | "space-time-scan" | "kde" | "network-kde" | "near-repeat" | "emerging") | null;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HotspotRuns"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    hotspots_start_hotspot_run_hotspot_runs_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HotspotRequest"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HotspotJob"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    hotspots_get_hotspot_job_hotspot_runs_jobs__job_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HotspotJob"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    hotspots_cancel_hotspot_job_hotspot_runs_jobs__job_id__delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HotspotJob"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    hotspots_get_hotspot_run_hotspot_runs__int_run_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Number of a run. */
                run_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HotspotFeatures"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    hotspots_delete_hotspot_run_hotspot_runs__int_run_id__delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Number of a run. */
                run_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Done"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    hotspots_compare_hotspot_runs_hotspot_runs__int_run_id__compare__int_other_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Number of a run. */
                run_id: number;
                /** @description Number of a run. */
                other_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HotspotChanges"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    hotspots_export_hotspot_run_hotspot_runs__int_run_id__export_get: {
        parameters: {
            query: {
                format: "geojson" | "gpkg" | "csv" | "xlsx";
            };
            header?: never;
            path: {
                /** @description Number of a run. */
                run_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The layer as a file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/geo+json": string;
                    "application/geopackage+sqlite3": string;
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv; charset=utf-8": string;
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    incidents_list_incidents_incidents_get: {
        parameters: {
            query?: {
                /** @description First day, YYYY-MM-DD, local. */
                from?: string | null;
                /** @description Last day, YYYY-MM-DD, local. */
                to?: string | null;
                /** @description Code of a domain, e.g. dispute. */
                domain?: string | null;
                /** @description Only in this grid; 0 for those in no grid. */
                grid?: number | null;
                /** @description Codes of stages, e.g. mediating. */
                stage?: string | null;
                /** @description Codes of kinds. */
                kind?: string | null;
                /** @description Only open cases past their due time. */
                overdue?: boolean;
                /** @description Only cases that are not closed. */
                open?: boolean;
                /** @description Only cases whose grid a person must confirm. */
                confirm?: boolean;
                /** @description Words of the summary, or the beginning of a number. */
                q?: string | null;
                limit?: number;
                /** @description The `next` of an earlier answer. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FeatureCollection"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    incidents_get_incident_incidents__int_incident_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                incident_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Feature"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dispatch_rank_teams_incidents__uid__teams_get: {
        parameters: {
            query?: {
                /** @description Instant, local where it has no zone; now where absent. */
                at?: string | null;
                k?: number;
            };
            header?: never;
            path: {
                /** @description Identifier of an incident's source. */
                uid: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RankedTeams"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    field_list_migrant_clusters_migrant_clusters_get: {
        parameters: {
            query?: {
                grid?: number | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FeatureCollection"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    field_list_organisations_organisations_get: {
        parameters: {
            query?: {
                grid?: number | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FeatureCollection"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patrols_list_patrol_plans_patrol_plans_get: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PatrolPlans"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patrols_start_patrol_plan_patrol_plans_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatrolPlanRequest"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HotspotJob"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patrols_compare_patrol_plans_patrol_plans_compare_get: {
        parameters: {
            query: {
                /** @description Number of a plan. */
                a: number;
                /** @description Number of a plan. */
                b: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PatrolComparison"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patrols_get_patrol_plan_patrol_plans__int_patrol_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Number of a plan. */
                patrol_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PatrolFeatures"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patrols_delete_patrol_plan_patrol_plans__int_patrol_id__delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Number of a plan. */
                patrol_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PatrolGone"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patrol_evidence_add_check_in_patrol_plans__int_patrol_id__check_ins_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Number of a plan. */
                patrol_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CheckInBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckIn"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patrol_evidence_delete_check_in_patrol_plans__int_patrol_id__check_ins__int_visit_id__delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Number of a plan. */
                patrol_id: number;
                /** @description Number of a check-in. */
                visit_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckInGone"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patrol_evidence_get_effect_patrol_plans__int_patrol_id__effect_get: {
        parameters: {
            query?: {
                domain?: string | null;
                weeks?: number;
                seed?: number;
            };
            header?: never;
            path: {
                /** @description Number of a plan. */
                patrol_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanEffect"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patrols_export_patrol_plan_patrol_plans__int_patrol_id__export_get: {
        parameters: {
            query: {
                format: "gpx" | "geojson" | "gpkg" | "csv" | "xlsx" | "html";
                /** @description Only this team. */
                team?: string | null;
                /** @description For html: the server as a phone reaches it. */
                url?: string | null;
            };
            header?: never;
            path: {
                /** @description Number of a plan. */
                patrol_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The layer as a file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/geo+json": string;
                    "application/geopackage+sqlite3": string;
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv; charset=utf-8": string;
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patrol_evidence_get_live_patrol_plans__int_patrol_id__live_get: {
        parameters: {
            query?: {
                /** @description With its zone; the present while the shift runs, else its newest position. */
                at?: string | null;
            };
            header?: never;
            path: {
                /** @description Number of a plan. */
                patrol_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LiveTeams"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patrols_start_patrol_replan_patrol_plans__int_patrol_id__replan_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Number of a plan. */
                patrol_id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PatrolReplanRequest"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HotspotJob"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patrol_evidence_get_patrol_visits_patrol_plans__int_patrol_id__visits_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Number of a plan. */
                patrol_id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FeatureCollection"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    field_list_teams_teams_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FeatureCollection"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    field_list_nearest_teams_nearest_get: {
        parameters: {
            query: {
                lon: number;
                lat: number;
                k?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FeatureCollection"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    field_get_track_teams__code__track_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                code: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Feature"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    incidents_get_timeline_timeline_get: {
        parameters: {
            query?: {
                /** @description First day, YYYY-MM-DD, local. */
                from?: string | null;
                /** @description Last day, YYYY-MM-DD, local. */
                to?: string | null;
                /** @description Code of a domain, e.g. dispute. */
                domain?: string | null;
                /** @description Only in this grid; 0 for those in no grid. */
                grid?: number | null;
                /** @description Codes of stages, e.g. mediating. */
                stage?: string | null;
                /** @description Codes of kinds. */
                kind?: string | null;
                /** @description Only open cases past their due time. */
                overdue?: boolean;
                /** @description Only cases that are not closed. */
                open?: boolean;
                /** @description Only cases whose grid a person must confirm. */
                confirm?: boolean;
                /** @description Words of the summary, or the beginning of a number. */
                q?: string | null;
                step?: "day" | "week";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Timeline"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    workspace_get_workspace_workspace_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Workspace"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
