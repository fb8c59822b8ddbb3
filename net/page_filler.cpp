#include "net/page_filler.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/model/record_size.hpp"

namespace treaty {
namespace {

class page_filler : public std::enable_shared_from_this<page_filler> {
public:
  page_filler(ingress& door, list_request wanted, std::size_t slow_look_ups_max, show_record show,
              on_result<std::string> done)
      : door_{door},
        wanted_{std::move(wanted)},
        slow_left_{slow_look_ups_max},
        show_{std::move(show)},
        done_{std::move(done)} {}

  void look() {
    door_.list(wanted_, [self = shared_from_this()](const result<listing>& page) { self->take(page); });
  }

private:
  void take(const result<listing>& page) {
    if (!page) return done_(page.error());
    const std::size_t before = read_bytes_;
    for (const txn_record& one : page->records) {
      read_bytes_ += size_of(one);
      text_bytes_ = show_(one);
    }
    wanted_.position = page->next_position;
    wanted_.limit -= std::min(wanted_.limit, page->records.size());
    if (read_bytes_ - before < wanted_.bytes_max) slow_left_ -= 1;
    is_over() ? done_(wanted_.position) : look();
  }

  bool is_over() const {
    return wanted_.limit == 0 || wanted_.position.empty() || slow_left_ == 0 || text_bytes_ >= page_bytes_max ||
           read_bytes_ >= page_bytes_max;
  }

  ingress& door_;
  list_request wanted_;
  std::size_t slow_left_;
  show_record show_;
  on_result<std::string> done_;
  std::size_t text_bytes_ = 0;
  std::size_t read_bytes_ = 0;
};

}  // namespace

void fill_page(ingress& door, list_request wanted, std::size_t slow_look_ups_max, show_record show,
               on_result<std::string> done) {
  std::make_shared<page_filler>(door, std::move(wanted), slow_look_ups_max, std::move(show), std::move(done))->look();
}

}  // namespace treaty
