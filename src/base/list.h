// An intrusive doubly linked list: a node is in at most one list and leaves it when destroyed.
#pragma once

#include <cstddef>

namespace base {

/// Derive from it once per list an object can be in (`Tag` tells them apart).
template <class Tag = void>
class ListNode {
 public:
  ListNode() = default;
  ~ListNode() { unlink(); }
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;

  bool linked() const { return next_ != nullptr; }
  void unlink() {
    if (next_ == nullptr) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = nullptr;
  }

 private:
  template <class, class>
  friend class List;
  ListNode* next_ = nullptr;
  ListNode* previous_ = nullptr;
};

/// Owns nothing. Objects still linked when the list is destroyed are unlinked.
template <class T, class Tag = void>
class List {
  using Node = ListNode<Tag>;

 public:
  List() { head_.next_ = head_.previous_ = &head_; }
  ~List() {
    while (!empty()) head_.next_->unlink();
    head_.next_ = head_.previous_ = nullptr;
  }
  List(const List&) = delete;
  List& operator=(const List&) = delete;

  bool empty() const { return head_.next_ == &head_; }
  T* front() { return empty() ? nullptr : object(head_.next_); }
  T* back() { return empty() ? nullptr : object(head_.previous_); }
  void push_back(T& item) { insert_before(&head_, &item); }
  void push_front(T& item) { insert_before(head_.next_, &item); }
  T* pop_front() {
    T* item = front();
    if (item != nullptr) static_cast<Node*>(item)->unlink();
    return item;
  }
  /// The item after `item`, or null. Take it before unlinking `item`.
  T* next(T& item) {
    Node* node = static_cast<Node&>(item).next_;
    return node == &head_ ? nullptr : object(node);
  }
  /// Moves all items of `other` to the end of this list.
  void splice_back(List& other) {
    if (other.empty()) return;
    Node* first = other.head_.next_;
    Node* last = other.head_.previous_;
    other.head_.next_ = other.head_.previous_ = &other.head_;
    first->previous_ = head_.previous_;
    head_.previous_->next_ = first;
    last->next_ = &head_;
    head_.previous_ = last;
  }

 private:
  static T* object(Node* node) { return static_cast<T*>(node); }
  void insert_before(Node* place, Node* node) {
    node->unlink();
    node->next_ = place;
    node->previous_ = place->previous_;
    place->previous_->next_ = node;
    place->previous_ = node;
  }

  Node head_;
};

}  // namespace base
