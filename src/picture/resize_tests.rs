//! Resampling that can be worked out by hand.

use super::*;

const ALL: [Filter; 5] = [
    Filter::Bilinear,
    Filter::Bicubic,
    Filter::Lanczos,
    Filter::Box,
    Filter::Nearest,
];

#[test]
fn one_colour_stays_at_every_size() {
    let picture = Picture::filled(7, 5, [3, 128, 255]);
    for filter in ALL {
        for (width, height) in [(1, 1), (7, 5), (3, 11), (20, 2)] {
            let resized = picture.resized(width, height, filter);
            assert_eq!(resized, Picture::filled(width, height, [3, 128, 255]));
        }
    }
}

#[test]
fn halving_averages_under_the_triangle() {
    // Centre of output 0 is 1.0, support 2: weights of inputs 0..3 are ¾ ¾ ¼ of their sum 7/4.
    let row = [[0; 3], [70; 3], [140; 3], [210; 3]].concat();
    let picture = Picture {
        width: 4,
        height: 1,
        pixels: row,
    };
    let resized = picture.resized(2, 1, Filter::Bilinear);
    assert_eq!(resized.pixels, [[50; 3], [160; 3]].concat()); // (3·70 + 140) / 7, and its mirror
}

#[test]
fn halving_by_box_and_nearest() {
    let row = [[10; 3], [20; 3], [41; 3], [60; 3]].concat();
    let picture = Picture {
        width: 4,
        height: 1,
        pixels: row,
    };
    let halved = |filter| picture.resized(2, 1, filter).pixels;
    assert_eq!(halved(Filter::Box), [[15; 3], [51; 3]].concat()); // 50.5 is rounded up
    assert_eq!(halved(Filter::Nearest), [[20; 3], [60; 3]].concat()); // below 1.0 and 3.0
}

#[test]
fn a_part_is_cut_from_the_whole() {
    let pixels = (0..9 * 6 * 3).map(|at| (at * 37 % 256) as u8).collect();
    let picture = Picture {
        width: 9,
        height: 6,
        pixels,
    };
    for filter in ALL {
        let whole = picture.resized(14, 4, filter);
        let part = picture.resized_part((14, 4), 5..9, 1..3, filter);
        for y in 0..2 {
            for x in 0..4 {
                assert_eq!(part.pixel(x, y), whole.pixel(x + 5, y + 1));
            }
        }
    }
}
