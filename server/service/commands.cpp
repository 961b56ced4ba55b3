#include "server/service/commands.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "server/service/hash_work.h"

namespace nbdroot::server::service {
namespace {

using config::ServiceCommand;
using protocol::service::error_json;
using protocol::service::Hashes;
using protocol::service::Words;

constexpr std::size_t kShownTokenCharacters = 8;

std::int64_t seconds(Duration duration) { return duration / std::chrono::seconds(1); }

// For the log and for whoever has asked: no path of the server's.
void fail_with(const Answer& answer, std::string_view text) {
    answer({.status = Status::failed, .text = error_json(text)});
}

void refuse_with(const Answer& answer, std::string_view text) {
    answer({.status = Status::refused, .text = error_json(text)});
}

template <class Write>
void tell(const Answer& answer, const Write& write) {
    base::JsonWriter json;
    json.begin_object();
    write(json);
    json.end_object();
    answer({.status = Status::done, .text = json.text()});
}

// As JSON, which may need six bytes for one, it shall fit an answer.
void shorten(std::string& output, bool& is_cut) {
    constexpr std::size_t kRoom = protocol::service::kMaximumAnswer - 1024;
    while (base::json_string(output).size() > kRoom) {
        output.resize(output.size() / 2);
        is_cut = true;
    }
}

void tell_outcome(const Answer& answer, const ScriptRun::Outcome& outcome) {
    if (outcome.timed_out) {
        return fail_with(answer, cat("not done after ", seconds(ScriptRun::kLimit), " s, killed"));
    }
    std::string output = outcome.output;
    bool is_cut = outcome.is_cut;
    shorten(output, is_cut);
    tell(answer, [&](base::JsonWriter& json) {
        json.member("exit_status", outcome.end.status);
        if (outcome.end.signal != 0) json.member("signal", outcome.end.signal);
        json.member("output", output);
        if (is_cut) json.member("output_is_cut", true);
    });
}

bool is_script_name(const std::string& word) {
    return std::all_of(word.begin(), word.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '_' || c == '-';
    });
}

}  // namespace

struct Commands::Command {
    std::string_view name;
    ServiceCommand allowed_by;
    void (Commands::*run)(const Call&);
};

void Commands::run(const Asker& asker, const std::string& request, const Answer& answer) {
    const auto wanted = protocol::service::parse_request(request);
    if (!wanted) return refuse_with(answer, wanted.error().reason);
    const auto subject =
        find_subject(world_.exports, world_.machines.get(), asker.subject, asker.address);
    if (!subject) return refuse_with(answer, subject.error().text);
    if (const auto* const words = std::get_if<Words>(&*wanted)) {
        return run_words(asker, *subject, *words, answer);
    }
    run_hashes(asker, *subject, std::get<Hashes>(*wanted), answer);
}

void Commands::run_words(const Asker& asker, const Subject& subject, const Words& call,
                         const Answer& answer) {
    static constexpr std::array kCommands{
        Command{"status", ServiceCommand::status, &Commands::status},
        Command{"image", ServiceCommand::image, &Commands::image},
        Command{"flush", ServiceCommand::flush, &Commands::flush},
        Command{"reset-overlay", ServiceCommand::reset_overlay, &Commands::reset_overlay},
        Command{"promote-query", ServiceCommand::promote_query, &Commands::promote_query}};
    const std::string& name = call.words.front();
    const auto* const place =
        std::find_if(kCommands.begin(), kCommands.end(),
                     [&](const Command& command) { return command.name == name; });
    const bool is_ours = place != kCommands.end();
    const bool may_run_scripts = subject.policy->service.allows(ServiceCommand::script);
    if (!is_ours && !may_run_scripts) {
        return refuse(asker, subject, cat("unknown command '", base::printable(name, 60), "'"),
                      answer);
    }
    if (is_ours && call.words.size() > 1) {
        return refuse(asker, subject, cat("the command ", name, " takes no further words"), answer);
    }
    const auto needed = is_ours ? place->allowed_by : ServiceCommand::script;
    if (!allows(asker, subject, needed, answer)) return;
    const Call context{asker, subject, call.words, answer};
    if (!is_ours) return script(context);
    note(asker, subject, name);
    (this->*place->run)(context);
}

bool Commands::allows(const Asker& asker, const Subject& subject, ServiceCommand command,
                      const Answer& answer) const {
    const bool only_asks = command == ServiceCommand::status || command == ServiceCommand::image ||
                           command == ServiceCommand::promote_query;
    if (!only_asks && !subject.is_present_boot) {
        refuse(asker, subject,
               "only the boot that uses the export may have that done; it has to say the name "
               "that it was told",
               answer);
        return false;
    }
    if (subject.policy->service.allows(command)) return true;
    refuse(asker, subject,
           cat("the command ", name_of(command),
               " is not allowed for this export "
               "(service-commands)"),
           answer);
    return false;
}

void Commands::note(const Asker& asker, const Subject& subject, std::string_view what) const {
    const std::string_view token = std::string_view(subject.boot_token);
    world_.log.info(cat(
        "service: client ", asker.peer, ", export '", base::printable(subject.export_name()), "'",
        subject.machine.empty() ? "" : cat(", machine ", base::printable(subject.machine)),
        token.empty() ? "" : cat(", boot ", token.substr(0, kShownTokenCharacters)), ": ", what));
}

void Commands::refuse(const Asker& asker, const Subject& subject, std::string_view what,
                      const Answer& answer) const {
    note(asker, subject, cat("refused: ", what));
    refuse_with(answer, what);
}

void Commands::run_hashes(const Asker& asker, const Subject& subject, const Hashes& wanted,
                          const Answer& answer) {
    if (!allows(asker, subject, ServiceCommand::hash, answer)) return;
    const std::uint64_t size = subject.target->info().size_bytes;
    if (wanted.length_bytes > size || wanted.offset_bytes > size - wanted.length_bytes) {
        return refuse_with(answer,
                           cat("the range ends beyond the export, which has ", size, " bytes"));
    }
    world_.log.debug(cat("service: client ", asker.peer, ": ", name_of(wanted.algorithm), " of ",
                         wanted.length_bytes, " bytes at ", wanted.offset_bytes));
    begin_hashing(
        world_.pool, *subject.target, wanted, asker.is_gone, [answer](const auto& hashes) {
            if (!hashes) return fail_with(answer, hashes.error().reason);
            answer({.status = Status::done, .text = protocol::service::hashes_json(*hashes)});
        });
}

// One of a table of commands, of which others change what they find.
// NOLINTNEXTLINE(readability-make-member-function-const): as said
void Commands::status(const Call& call) {
    const Usage usage = world_.usage(call.subject);
    tell(call.answer, [&](base::JsonWriter& json) {
        json.member("export", call.subject.export_name());
        if (!call.subject.machine.empty()) json.member("machine", call.subject.machine);
        json.member("image", call.subject.target->image_id());
        json.member("size_bytes", call.subject.target->info().size_bytes);
        json.member("writable", call.subject.target->is_writable());
        json.member("clients", usage.clients);
        if (usage.connected) json.member("connected_s", seconds(*usage.connected));
        json.member("software", "nbd-rootserver " NBDROOT_VERSION);
        json.member("uptime_s", seconds(world_.loop.now() - world_.began));
    });
}

void Commands::image(const Call& call) {
    tell(call.answer, [&](base::JsonWriter& json) {
        json.member("image", call.subject.target->image_id());
        json.member("size_bytes", call.subject.target->info().size_bytes);
    });
}

void Commands::flush(const Call& call) {
    if (!call.subject.target->is_writable()) {
        return refuse_with(call.answer, "the export is read-only: nothing is to be flushed");
    }
    call.subject.target->sync([answer = call.answer](const Result<void>& result) {
        if (!result) return fail_with(answer, result.error().reason);
        tell(answer, [](base::JsonWriter& json) { json.member("flushed", true); });
    });
}

void Commands::reset_overlay(const Call& call) {
    if (!call.subject.policy->overlay) {
        return refuse_with(call.answer, "this export has no overlays");
    }
    // Who names no machine is fresh at each boot.
    if (call.subject.machine.empty()) {
        return refuse_with(call.answer, "a temporary overlay is empty at the next boot anyway");
    }
    world_.machines->reset(
        call.subject.export_name(), call.subject.machine,
        [answer = call.answer](const Result<void>& result) {
            if (!result) return fail_with(answer, result.error().reason);
            tell(answer, [](base::JsonWriter& json) { json.member("reset_at_next_boot", true); });
        });
}

void Commands::promote_query(const Call& call) {
    const auto& entries = world_.exports.entries();
    const auto place = std::find_if(entries.begin(), entries.end(), [&](const auto& entry) {
        return entry.name == call.subject.export_name();
    });
    const std::string& own = call.subject.target->image_id();
    const std::string newest =
        place != entries.end() && place->target ? place->target->image_id() : own;
    tell(call.answer, [&](base::JsonWriter& json) {
        json.member("image", own);
        json.member("newest_image", newest);
        json.member("newer_is_there", newest != own);
    });
}

void Commands::script(const Call& call) {
    const std::string& name = call.words.front();
    const std::string path = cat(call.subject.policy->service.script_directory, "/", name);
    if (!is_script_name(name) || !sys::path_exists(path)) {
        return refuse(call.asker, call.subject,
                      cat("unknown command '", base::printable(name, 60), "'"), call.answer);
    }
    const sys::Program program{
        .path = path,
        .arguments = {call.words.begin() + 1, call.words.end()},
        .environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
                        cat("NBDROOT_EXPORT=", call.subject.export_name()),
                        cat("NBDROOT_MACHINE=", call.subject.machine),
                        cat("NBDROOT_CLIENT=",
                            call.asker.address ? config::to_text(*call.asker.address) : "unix"),
                        cat("NBDROOT_IMAGE_ID=", call.subject.target->image_id())}};
    const auto place =
        scripts_.emplace(scripts_.end(), Script{.is_gone = call.asker.is_gone, .run = {}});
    auto started = ScriptRun::start(world_.loop, program,
                                    [this, place, answer = call.answer](const auto& outcome) {
                                        tell_outcome(answer, outcome);
                                        scripts_.erase(place);
                                    });
    if (!started) {
        scripts_.erase(place);
        note(call.asker, call.subject, started.error().message());
        return fail_with(call.answer, started.error().reason);
    }
    place->run = std::move(*started);
    note(call.asker, call.subject, cat("runs ", path));
}

void Commands::forget_the_gone() {
    for (const Script& script : scripts_) {
        if (script.is_gone->load() && script.run) script.run->kill();  // its end is waited for
    }
}

}  // namespace nbdroot::server::service
