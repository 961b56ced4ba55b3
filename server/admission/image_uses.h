// The commands around the use of an image (prerun, postrun): one before anybody uses it, one when
// nobody does any more, none while somebody does.
//
//   nobody ──► preparing ──before──► in use ──the last Use has gone──► ending ──after──► nobody
//                  └──it failed: whoever waits is refused──► nobody
//
// Whoever comes while a command runs waits for its end, whoever comes while the image is in use
// joins. So no command runs round a disk that is being written, whoever asks for it, and a client
// that comes and goes in a loop makes one command of it, not many.
//
// Belongs to a loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/base/log.h"
#include "lib/base/result.h"
#include "lib/io/loop.h"
#include "server/admission/command.h"
#include "server/admission/command_queue.h"
#include "server/admission/policy.h"

namespace nbdroot::server::admission {

class ImageUses : public std::enable_shared_from_this<ImageUses> {
public:
    struct Limits {
        CommandQueue::Limits before;
        CommandQueue::Limits after;
    };
    // The image is in use for as long as one lives.
    class Use {
    public:
        Use(std::weak_ptr<ImageUses> uses, std::string key)
            : uses_(std::move(uses)), key_(std::move(key)) {}
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;
        ~Use();  // NOLINT(bugprone-exception-escape): only where memory is out

    private:
        std::weak_ptr<ImageUses> uses_;
        std::string key_;
    };
    using Done = std::function<void(const Result<std::shared_ptr<Use>>&)>;

    ImageUses(io::Loop& loop, const Log& log, Limits limits);

    // OCCASION's image shall be used, under POLICY. DONE is called now or later, and not if GUEST
    // has gone before.
    void begin(std::shared_ptr<const Policy> policy, Occasion occasion,
               std::weak_ptr<const void> guest, Done done);

    // Commands that run or wait.
    [[nodiscard]] std::size_t commands() const { return before_.size() + after_.size(); }
    // Called whenever none is left.
    void set_on_idle(std::function<void()> callback) { on_idle_ = std::move(callback); }

private:
    struct Waiting {
        std::weak_ptr<const void> guest;
        Done done;
        std::shared_ptr<const Policy> policy;
        Occasion occasion;
    };
    struct Round {
        std::weak_ptr<Use> use{};  // expired: a command is under way
        // Of the one who began it: a reload does not change what is owed to an image in use.
        std::string after{};
        Occasion occasion{};
        std::vector<Waiting> waiting{};
        std::size_t sweep_at = 0;
    };

    static void sweep(Round& round);
    [[nodiscard]] bool is_awaited(const std::string& key);
    void prepare(const std::string& key);
    void on_prepared(const std::string& key, const Result<void>& result);
    void end(const std::string& key);
    void on_ended(const std::string& key);
    void tell_idle() const;

    const Log& log_;
    std::function<void()> on_idle_;
    std::unordered_map<std::string, Round> rounds_;  // by export and path
    CommandQueue before_;
    CommandQueue after_;
};

}  // namespace nbdroot::server::admission
