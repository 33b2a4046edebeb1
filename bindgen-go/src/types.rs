//! WIT types as Go declares them.

use wit_bindgen_core::wit_parser::{
    Docs, Enum, Flags, FlagsRepr, Record, Resolve, Result_, Tuple, Type, TypeDefKind, TypeId, Variant,
};
use wit_bindgen_core::{InterfaceGenerator, dealias, define_type};

use crate::api;
use crate::code::fields;
use crate::docs;
use crate::errors;
use crate::file::File;

/// Declares the types of a unit.
pub(crate) fn declare(file: &mut File<'_>, unit: usize) {
    let plan = file.world.plan;
    for (name, id) in &plan.units[unit].types {
        let ty = &file.world.resolve.types[*id];
        let mut types = Types { file: &mut *file, unit };
        match ty.kind {
            // `type t = own<bucket>`, which the core has no method for.
            TypeDefKind::Handle(_) => types.alias(*id, name, &ty.docs),
            _ => define_type(&mut types, name, *id),
        }
    }
}

struct Types<'f, 'a> {
    file: &'f mut File<'a>,
    unit: usize,
}

impl Types<'_, '_> {
    /// The comment and the Go name. A type without documentation gets a sentence that says which it is.
    fn head(&mut self, id: TypeId, name: &str, what: &str, docs: &Docs) -> String {
        let go = self.file.named(id).unwrap_or_default();
        let comment = match docs::comment(docs) {
            none if none.is_empty() => docs::comment_of(&format!("{go} is the {what} {name}.")),
            comment => comment,
        };
        self.file.code.gap();
        self.file.code.add(comment);
        go
    }

    /// `type Pairs = []wit.Tuple2[string, string]`: not a type of its own, just as in WIT.
    fn alias(&mut self, id: TypeId, name: &str, docs: &Docs) {
        let go = self.head(id, name, "type", docs);
        let structure = self.file.structure(id);
        self.file.code.add(format!("type {go} = {structure}"));
    }

    /// The constants of an enum or of flags.
    fn constants<'d>(&mut self, id: TypeId, items: impl Iterator<Item = (&'d str, &'d Docs)>, ty: &str, value: &str) {
        self.file.code.gap();
        self.file.code.add("const (");
        for (i, (name, docs)) in items.enumerate() {
            let constant = self.file.case(id, i);
            let comment = match docs::comment(docs) {
                none if none.is_empty() => format!("// {constant} is {name}.\n"),
                comment => comment,
            };
            self.file.code.gap();
            self.file.code.add(comment);
            self.file.code.add(if i == 0 { format!("{constant} {ty} = {value}") } else { constant });
        }
        self.file.code.add(")");
    }
}

impl<'a> InterfaceGenerator<'a> for Types<'_, 'a> {
    fn resolve(&self) -> &'a Resolve {
        self.file.world.resolve
    }

    fn type_record(&mut self, id: TypeId, name: &str, record: &Record, docs: &Docs) {
        let go = self.head(id, name, "record", docs);
        let names = self.file.world.plan.fields.get(&id);
        let all: Vec<_> = record
            .fields
            .iter()
            .zip(names.into_iter().flatten())
            .map(|(field, name)| (docs::comment(&field.docs), name.clone(), self.file.ty(&field.ty)))
            .collect();
        self.file.code.add(format!("type {go} struct {{"));
        self.file.code.add(fields(&all));
        self.file.code.add("}");
    }

    fn type_resource(&mut self, id: TypeId, name: &str, docs: &Docs) {
        if self.file.world.plan.exported.contains_key(&id) {
            api::exported_resource(self.file, self.unit, id, name, docs);
            return;
        }
        let go = self.head(id, name, "resource", docs);
        let resource = self.file.wit("Resource");
        self.file.code.add(format!("type {go} struct {{\n{resource}\n}}"));
    }

    fn type_flags(&mut self, id: TypeId, name: &str, flags: &Flags, docs: &Docs) {
        let go = self.head(id, name, "set of flags", docs);
        let repr = match flags.repr() {
            FlagsRepr::U8 => "uint8",
            FlagsRepr::U16 => "uint16",
            FlagsRepr::U32(_) => "uint32",
        };
        self.file.code.add(format!("type {go} {repr}"));
        self.constants(id, flags.flags.iter().map(|flag| (&*flag.name, &flag.docs)), &go, "1 << iota");
        self.file.code.gap();
        self.file.code.add(format!("// Has says whether all of flags are set.\nfunc (f {go}) Has(flags {go}) bool {{"));
        self.file.code.add("return f&flags == flags\n}");
    }

    fn type_enum(&mut self, id: TypeId, name: &str, enumeration: &Enum, docs: &Docs) {
        let go = self.head(id, name, "enum", docs);
        let repr = match enumeration.cases.len() {
            0..=0x100 => "uint8",
            0x101..=0x10000 => "uint16",
            _ => "uint32",
        };
        self.file.code.add(format!("type {go} {repr}"));
        self.constants(id, enumeration.cases.iter().map(|case| (&*case.name, &case.docs)), &go, "iota");
        let cases: Vec<_> = enumeration.cases.iter().map(|case| &*case.name).collect();
        self.file.code.gap();
        self.file
            .code
            .add(format!("// String is the name of the case in WIT.\nfunc (e {go}) String() string {{\nswitch e {{"));
        for (i, case) in cases.iter().enumerate() {
            let constant = self.file.case(id, i);
            self.file.code.add(format!("case {constant}:\nreturn \"{case}\""));
        }
        self.file.code.add(format!("}}\nreturn \"unknown {name}\"\n}}"));
        if self.file.world.plan.errors.contains(&id) {
            errors::enum_methods(self.file, &go, id, &cases);
        }
    }

    fn type_variant(&mut self, id: TypeId, name: &str, variant: &Variant, docs: &Docs) {
        let go = self.head(id, name, "variant", docs);
        let error = self.file.world.plan.errors.contains(&id);
        let cases = self.file.world.plan.cases.get(&id);
        let names: Vec<_> = cases
            .into_iter()
            .flatten()
            .map(|case| if case.var.is_empty() { case.name.clone() } else { case.var.clone() })
            .collect();
        self.file.code.add(format!("//\n// Its cases: {}.", names.join(", ")));
        let error_line = if error { "error\n" } else { "" };
        self.file.code.add(format!("type {go} interface {{\n{error_line}is{go}()\n}}"));
        for (i, case) in variant.cases.iter().enumerate() {
            let ty = self.file.case(id, i);
            let structure = match &case.ty {
                None => "struct{}".to_owned(),
                Some(payload) if errors::is_text(self.file.world, id, payload) => "string".to_owned(),
                Some(payload) => format!("struct {{\nValue {}\n}}", self.file.ty(payload)),
            };
            let comment = |name: &str| match docs::comment(&case.docs) {
                none if none.is_empty() => format!("// {name} is the case {} of {go}.\n", case.name),
                comment => comment,
            };
            self.file.code.gap();
            self.file.code.add(comment(&ty));
            self.file.code.add(format!("type {ty} {structure}"));
            self.file.code.gap();
            self.file.code.add(format!("func ({ty}) is{go}() {{}}"));
            if error {
                errors::case_methods(self.file, id, variant, i);
            }
            if let Some(var) = cases.map(|cases| &cases[i].var).filter(|var| !var.is_empty()) {
                self.file.code.gap();
                self.file.code.add(comment(var));
                self.file.code.add(format!("var {var} {go} = {ty}{{}}"));
            }
        }
    }

    fn type_alias(&mut self, id: TypeId, name: &str, ty: &Type, docs: &Docs) {
        let Type::Id(of) = ty else { return self.alias(id, name, docs) };
        let resolve = self.resolve();
        // Another name for a resource is a name for the Go type, not for a handle.
        if matches!(resolve.types[dealias(resolve, *of)].kind, TypeDefKind::Resource) {
            let go = self.head(id, name, "type", docs);
            let of = self.file.named(dealias(resolve, *of)).unwrap_or_default();
            self.file.code.add(format!("type {go} = {of}"));
        } else {
            self.alias(id, name, docs);
        }
    }

    fn type_tuple(&mut self, id: TypeId, name: &str, _: &Tuple, docs: &Docs) {
        self.alias(id, name, docs);
    }
    fn type_option(&mut self, id: TypeId, name: &str, _: &Type, docs: &Docs) {
        self.alias(id, name, docs);
    }
    fn type_result(&mut self, id: TypeId, name: &str, _: &Result_, docs: &Docs) {
        self.alias(id, name, docs);
    }
    fn type_list(&mut self, id: TypeId, name: &str, _: &Type, docs: &Docs) {
        self.alias(id, name, docs);
    }
    fn type_fixed_length_list(&mut self, id: TypeId, name: &str, _: &Type, _: u32, docs: &Docs) {
        self.alias(id, name, docs);
    }
    fn type_map(&mut self, id: TypeId, name: &str, _: &Type, _: &Type, docs: &Docs) {
        self.alias(id, name, docs);
    }
    fn type_builtin(&mut self, id: TypeId, name: &str, _: &Type, docs: &Docs) {
        self.alias(id, name, docs);
    }
    fn type_future(&mut self, id: TypeId, name: &str, _: &Option<Type>, docs: &Docs) {
        self.alias(id, name, docs);
    }
    fn type_stream(&mut self, id: TypeId, name: &str, _: &Option<Type>, docs: &Docs) {
        self.alias(id, name, docs);
    }
}
