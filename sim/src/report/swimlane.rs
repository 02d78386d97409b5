//! The minimal race as a drawing: time runs down, each actor has a lane, and an arrow leads from the list to the use.

use super::chart::{Anchor, Ink, Shape, Stroke, Svg, TextStyle, cut_to_width};
use super::model::{Race, RaceEvent, Role};
use super::units;

/// Most events that are drawn. Of a longer race the last ones are, because the violation stands at the end.
pub(super) const EVENTS_MAX: usize = 200;

const WIDTH: f64 = 800.0;
const ROW: f64 = 28.0;
const HEAD: f64 = 40.0;
const LANES_LEFT: f64 = 92.0;

/// Draws a race. Events of a lane that does not exist are drawn in the last one.
pub(super) fn svg(race: &Race) -> String {
    let skipped = race.events.len().saturating_sub(EVENTS_MAX);
    let events = &race.events[skipped..];
    let lanes = Lanes::new(race);
    let height = HEAD + ROW * events.len() as f64 + 10.0;
    let mut svg = Svg::new(
        WIDTH,
        height,
        &format!("The race, step by step: {}", race.title),
    );
    lanes.heads(&mut svg, height);
    for (row, event) in events.iter().enumerate() {
        draw_event(&mut svg, &lanes, row, event);
    }
    if let Some((list, usage)) = race.list_to_use {
        draw_arrow(&mut svg, &lanes, race, (list, usage), skipped);
    }
    svg.finish()
}

struct Lanes<'a> {
    names: &'a [String],
    width: f64,
    words_left: f64,
}

impl<'a> Lanes<'a> {
    fn new(race: &'a Race) -> Self {
        let count = race.lanes.len().max(1) as f64;
        let width = (380.0 / count).clamp(44.0, 104.0);
        let words_left = LANES_LEFT + width * count + 8.0;
        Lanes {
            names: &race.lanes,
            width,
            words_left,
        }
    }

    fn x(&self, lane: usize) -> f64 {
        let lane = lane.min(self.names.len().saturating_sub(1));
        LANES_LEFT + self.width * (lane as f64 + 0.5)
    }

    fn heads(&self, svg: &mut Svg, height: f64) {
        for (lane, name) in self.names.iter().enumerate() {
            let x = self.x(lane);
            let name = cut_to_width(name, self.width - 4.0, 12.5);
            let style = TextStyle {
                anchor: Anchor::Middle,
                bold: true,
                ..words(Ink::Engine(lane))
            };
            svg.text((x, 18.0), &name, style);
            svg.line(
                (x, HEAD - 10.0),
                (x, height - 6.0),
                Stroke::solid(Ink::Grid, 2.0),
            );
        }
    }
}

fn row_y(row: usize) -> f64 {
    HEAD + ROW * (row as f64 + 0.5)
}

fn draw_event(svg: &mut Svg, lanes: &Lanes<'_>, row: usize, event: &RaceEvent) {
    let (x, y) = (lanes.x(event.lane), row_y(row));
    let seconds = format!("+{:.3} s", event.at_nanos as f64 / 1e9);
    let time = TextStyle {
        anchor: Anchor::End,
        size: 12.0,
        ..words(Ink::Muted)
    };
    svg.text((LANES_LEFT - 12.0, y + 4.5), &seconds, time);
    let (style, mark) = match event.role {
        Role::Step => (words(Ink::Text), ""),
        Role::Cause => (
            TextStyle {
                bold: true,
                ..words(Ink::Text)
            },
            "  ← cause",
        ),
        Role::Violation => (
            TextStyle {
                bold: true,
                ..words(Ink::Alarm)
            },
            "",
        ),
    };
    svg.line(
        (x, y),
        (lanes.words_left - 6.0, y),
        Stroke::solid(Ink::Grid, 1.0),
    );
    match event.role {
        Role::Violation => svg.cross((x, y), Ink::Alarm),
        Role::Step | Role::Cause => {
            svg.marker(
                (x, y),
                Shape::of_engine(event.lane),
                Ink::Engine(event.lane),
            );
        }
    }
    let room = WIDTH - lanes.words_left - mark.chars().count() as f64 * 7.0;
    let what = cut_to_width(&event.what, room, style.size);
    svg.text((lanes.words_left, y + 4.5), &format!("{what}{mark}"), style);
}

fn draw_arrow(
    svg: &mut Svg,
    lanes: &Lanes<'_>,
    race: &Race,
    (list, usage): (usize, usize),
    skipped: usize,
) {
    let (Some(from), Some(to)) = (race.events.get(list), race.events.get(usage)) else {
        return;
    };
    let Some(to_row) = usage.checked_sub(skipped) else {
        return;
    };
    // A list that is no longer drawn lies above the first row.
    let from_y = list.checked_sub(skipped).map_or(HEAD - 6.0, row_y);
    let start = (lanes.x(from.lane) - 7.0, from_y);
    let end = (lanes.x(to.lane) - 7.0, row_y(to_row));
    let reach = (end.1 - start.1).abs() * 0.28;
    let bend = (start.0.min(end.0) - reach.clamp(18.0, 44.0)).max(LANES_LEFT - 6.0);
    svg.arrow(start, end, bend, Stroke::solid(Ink::Alarm, 1.8));
    if from.at_nanos <= to.at_nanos {
        let window = units::nanos((to.at_nanos - from.at_nanos) as f64);
        let at = (
            lanes.x(from.lane) + 9.0,
            f64::midpoint(start.1, end.1) + ROW * 0.5 + 4.0,
        );
        let style = TextStyle {
            halo: true,
            size: 12.0,
            ..words(Ink::Alarm)
        };
        svg.text(at, &window, style);
    }
}

fn words(ink: Ink) -> TextStyle {
    TextStyle {
        ink,
        size: 12.5,
        anchor: Anchor::Start,
        bold: false,
        halo: false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::demo;
    use super::*;

    #[test]
    fn a_long_race_shows_its_end() {
        let mut race = demo::campaign().story.unwrap();
        let last = race.events.last().unwrap().clone();
        for step in 0..1_000 {
            let what = format!("step {step}");
            race.events.insert(
                1,
                RaceEvent {
                    what,
                    role: Role::Step,
                    ..last.clone()
                },
            );
        }
        race.list_to_use = Some((0, race.events.len() - 1));
        let drawn = svg(&race);
        assert_eq!(drawn.matches(" s</text>").count(), EVENTS_MAX);
        assert!(drawn.contains(&last.what), "the violation is drawn");
    }

    #[test]
    fn indices_out_of_range_do_no_harm() {
        let mut race = demo::campaign().story.unwrap();
        race.events[0].lane = 99;
        race.list_to_use = Some((0, 999));
        assert!(svg(&race).contains("</svg>"));
        race.lanes.clear();
        assert!(svg(&race).contains("</svg>"));
    }
}
