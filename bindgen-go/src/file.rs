//! One Go file: its code, its imports, and how a WIT type is written in it.

use std::collections::BTreeMap;

use wit_bindgen_core::wit_parser::{Resolve, SizeAlign, Type, TypeDefKind, TypeId};

use crate::code::Code;
use crate::flow::{is_bytes, nilable, trailed};
use crate::func::future_of;
use crate::names;
use crate::plan::{Plan, handle};

/// What all files of a run share.
pub(crate) struct World<'a> {
    pub(crate) resolve: &'a Resolve,
    pub(crate) plan: &'a Plan,
    pub(crate) sizes: &'a SizeAlign,
    /// The world's name, with its package's.
    pub(crate) id: &'a str,
    /// The import path of the folder that the files go to.
    pub(crate) module: &'a str,
    /// The import path of the runtime package.
    pub(crate) runtime: &'a str,
}

/// A file in the making.
pub(crate) struct File<'a> {
    pub(crate) world: &'a World<'a>,
    pub(crate) package: usize,
    pub(crate) code: Code,
    /// Paths, with the names that they have in this file.
    imports: BTreeMap<String, String>,
}

impl<'a> File<'a> {
    pub(crate) fn new(world: &'a World<'a>, package: usize) -> Self {
        File { world, package, code: Code::default(), imports: BTreeMap::new() }
    }

    /// Imports a package of Go's own.
    pub(crate) fn std(&mut self, path: &str) {
        self.imports.insert(path.to_owned(), path.to_owned());
    }

    /// A name of the runtime package.
    pub(crate) fn wit(&mut self, name: &str) -> String {
        self.imports.insert(self.world.runtime.to_owned(), "wit".to_owned());
        format!("wit.{name}")
    }

    /// A name of a generated package.
    pub(crate) fn name_in(&mut self, package: usize, name: &str) -> String {
        if package == self.package {
            return name.to_owned();
        }
        let (alias, path) =
            (self.alias(package), format!("{}/{}", self.world.module, self.world.plan.packages[package].dir));
        let name = format!("{alias}.{name}");
        self.imports.insert(path, alias);
        name
    }

    /// Packages of one name are numbered, and those of a name that generated code needs have another.
    fn alias(&self, package: usize) -> String {
        let mut scope = names::Scope::default();
        let packages = self.world.plan.packages.iter();
        let names = packages.map(|package| scope.number(&names::alias(&package.name))).collect::<Vec<_>>();
        names[package].clone()
    }

    /// A type of the plan by its name, if it has one.
    pub(crate) fn named(&mut self, id: TypeId) -> Option<String> {
        let plan = self.world.plan;
        plan.types.get(&id).map(|(package, name)| self.name_in(*package, name))
    }

    /// A case of a variant, an enum or of flags.
    pub(crate) fn case(&mut self, id: TypeId, i: usize) -> String {
        let plan = self.world.plan;
        let package = plan.types.get(&id).map_or(self.package, |(package, _)| *package);
        plan.cases.get(&id).map(|cases| self.name_in(package, &cases[i].name)).unwrap_or_default()
    }

    /// A type that may be absent.
    pub(crate) fn opt(&mut self, ty: Option<&Type>) -> String {
        ty.map_or_else(|| "struct{}".to_owned(), |ty| self.ty(ty))
    }

    /// A type, as Go has it.
    pub(crate) fn ty(&mut self, ty: &Type) -> String {
        let name = match ty {
            Type::Bool => "bool",
            Type::U8 => "uint8",
            Type::U16 => "uint16",
            Type::U32 => "uint32",
            Type::U64 => "uint64",
            Type::S8 => "int8",
            Type::S16 => "int16",
            Type::S32 => "int32",
            Type::S64 => "int64",
            Type::F32 => "float32",
            Type::F64 => "float64",
            Type::Char => "rune",
            Type::String => "string",
            Type::ErrorContext => "any",
            Type::Id(id) => return self.named(*id).unwrap_or_else(|| self.structure(*id)),
        };
        name.to_owned()
    }

    /// A type of what comes from the other side: what can be read can be closed.
    pub(crate) fn received(&mut self, ty: &Type) -> String {
        if !is_bytes(self.world.resolve, ty) {
            return self.ty(ty);
        }
        self.std("io");
        "io.ReadCloser".to_owned()
    }

    /// What a type without a name is made of.
    pub(crate) fn structure(&mut self, id: TypeId) -> String {
        let resolve = self.world.resolve;
        match &resolve.types[id].kind {
            TypeDefKind::Type(ty) => self.ty(ty),
            TypeDefKind::Handle(_) => self.handle(&Type::Id(id)),
            TypeDefKind::List(Type::U8) => "[]byte".to_owned(),
            TypeDefKind::List(ty) => format!("[]{}", self.ty(ty)),
            TypeDefKind::FixedLengthList(ty, n) => format!("[{n}]{}", self.ty(ty)),
            TypeDefKind::Map(key, value) => format!("map[{}]{}", self.ty(key), self.ty(value)),
            TypeDefKind::Option(ty) if nilable(resolve, ty) => self.ty(ty),
            TypeDefKind::Option(ty) => format!("*{}", self.ty(ty)),
            TypeDefKind::Result(result) => {
                let (ok, err) = (self.opt(result.ok.as_ref()), self.opt(result.err.as_ref()));
                self.wit(&format!("Result[{ok}, {err}]"))
            }
            TypeDefKind::Stream(Some(Type::U8)) => {
                self.std("io");
                "io.Reader".to_owned()
            }
            TypeDefKind::Stream(payload) => {
                self.std("iter");
                format!("iter.Seq2[{}, error]", self.opt(payload.as_ref()))
            }
            TypeDefKind::Future(payload) => {
                self.std("context");
                match future_of(resolve, *payload).0 {
                    Some(value) => format!("func(context.Context) ({}, error)", self.ty(&value)),
                    None => "func(context.Context) error".to_owned(),
                }
            }
            TypeDefKind::Tuple(tuple) if trailed(resolve, tuple) => self.ty(&tuple.types[0]),
            TypeDefKind::Tuple(tuple) => {
                let types: Vec<_> = tuple.types.iter().map(|ty| self.ty(ty)).collect();
                self.wit(&format!("Tuple{}[{}]", types.len(), types.join(", ")))
            }
            // The rest has names.
            _ => "any".to_owned(),
        }
    }

    /// Imported resources are pointers. Those that the component implements are interfaces.
    fn handle(&mut self, ty: &Type) -> String {
        let Some((id, _)) = handle(self.world.resolve, ty) else { return "any".to_owned() };
        let name = self.named(id).unwrap_or_default();
        if self.world.plan.exported.contains_key(&id) { name } else { format!("*{name}") }
    }

    /// The whole file, after `head`.
    pub(crate) fn finish(mut self, head: &str) -> String {
        // To Go an import without a use is an error. Which core functions need `unsafe` shows only in the end.
        let code: Vec<_> = self.code.text().lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        self.imports.retain(|_, alias| code.iter().any(|line| line.contains(&format!("{alias}."))));
        let name = &self.world.plan.packages[self.package].name;
        let mut out = format!("{}\n{head}package {name}\n", mark(self.world.id));
        let import = |(path, alias): (&String, &String)| {
            let last = path.rsplit('/').next().unwrap_or_default();
            if last == alias { format!("\t\"{path}\"\n") } else { format!("\t{alias} \"{path}\"\n") }
        };
        let of_go = |path: &str| ["context", "errors", "io", "iter", "math", "runtime", "unsafe"].contains(&path);
        let std: String = self.imports.iter().filter(|(path, _)| of_go(path)).map(import).collect();
        let own: String = self.imports.iter().filter(|(path, _)| !of_go(path)).map(import).collect();
        if !self.imports.is_empty() {
            let gap = if std.is_empty() || own.is_empty() { "" } else { "\n" };
            out += &format!("\nimport (\n{std}{gap}{own})\n");
        }
        if !self.code.is_empty() {
            out += &format!("\n{}", self.code.text().trim_end());
            out.push('\n');
        }
        out
    }
}

/// The first line of a generated file, from which Go's tools know that it is one.
pub(crate) fn mark(world: &str) -> String {
    format!("// Code generated by bindgen-go from {world}. DO NOT EDIT.\n")
}
