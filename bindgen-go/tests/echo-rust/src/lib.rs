//! Returns its arguments: what the echo in Go is compared with.

wit_bindgen::generate!({
    path: ["../wit/scalars.wit", "../wit/lists.wit", "../wit/compound.wit", "../wit/more.wit"],
    inline: "
        package test:all;
        world all {
            export test:scalars/scalars;
            export test:lists/lists;
            export test:compound/compound;
            export test:more/more;
        }
    ",
    generate_all,
});

use exports::test::{compound::compound, lists::lists, more::more, scalars::scalars};
use test::compound::types::*;
use test::lists::types::{Entry, Pairs};

struct Echo;

macro_rules! echo {
    ($($name:ident: $ty:ty,)*) => {
        $(fn $name(v: $ty) -> $ty { v })*
    };
}

impl scalars::Guest for Echo {
    echo! {
        echo_bool: bool,
        echo_u8: u8,
        echo_s8: i8,
        echo_u16: u16,
        echo_s16: i16,
        echo_u32: u32,
        echo_s32: i32,
        echo_u64: u64,
        echo_s64: i64,
        echo_f32: f32,
        echo_f64: f64,
        echo_char: char,
        echo_string: String,
    }

    #[allow(clippy::type_complexity, reason = "as the WIT has it")]
    fn echo_many(
        a: u8,
        b: i64,
        c: f32,
        d: String,
        e: u16,
        f: char,
        g: bool,
        h: f64,
        i: u64,
        j: i8,
        k: Vec<u8>,
        l: u32,
        m: i16,
        n: i32,
        o: String,
        p: bool,
    ) -> (u8, i64, f32, String, u16, char, bool, f64, u64, i8, Vec<u8>, u32, i16, i32, String, bool) {
        (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
    }
}

impl lists::Guest for Echo {
    echo! {
        echo_bytes: Vec<u8>,
        echo_u32s: Vec<u32>,
        echo_s16s: Vec<i16>,
        echo_f64s: Vec<f64>,
        echo_bools: Vec<bool>,
        echo_chars: Vec<char>,
        echo_strings: Vec<String>,
        echo_nested: Vec<Vec<Vec<String>>>,
        echo_entries: Vec<Entry>,
        echo_pairs: Pairs,
        echo_options: Vec<Option<String>>,
    }
}

impl compound::Guest for Echo {
    echo! {
        echo_point: Point,
        echo_person: Person,
        echo_tuple: (u8, String, f64),
        echo_color: Color,
        echo_rights: Rights,
        echo_many: Many,
        echo_most: Most,
        echo_shape: Shape,
        echo_nest: Nest,
        echo_shapes: Vec<Shape>,
        echo_option: Option<String>,
        echo_option_option: Option<Option<u32>>,
        echo_result: Result<u32, String>,
        echo_results: Vec<Result<Vec<u8>, Color>>,
        echo_result_unit: Result<(), ()>,
        echo_result_ok: Result<String, ()>,
        echo_result_err: Result<(), u64>,
        echo_result_result: Result<Result<f32, u64>, Result<String, ()>>,
        echo_result_option: Result<Option<Person>, Shape>,
        echo_result_tuple: Result<(String, u8), Color>,
    }

    fn echo_big(a: Person, b: Person, c: Shape) -> (Person, Person, Shape) {
        (a, b, c)
    }
}

impl more::Guest for Echo {
    echo! {
        echo_map: wit_bindgen::rt::Map<String, Vec<u16>>,
        echo_maps: Vec<wit_bindgen::rt::Map<u8, wit_bindgen::rt::Map<char, String>>>,
        echo_array: [f32; 3],
        echo_arrays: Vec<[String; 2]>,
        echo_long: [String; 20],
    }
}

export!(Echo);
