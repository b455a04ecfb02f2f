using System.Collections.ObjectModel;
using System.Runtime.CompilerServices;

namespace VideoVoice.Data.Internal;

/// <summary>A list that equals another of the same items in the same order, so that the records that hold one compare by value.</summary>
internal sealed class EqualList<T> : ReadOnlyCollection<T>
{
    private EqualList(T[] items)
        : base(items)
    {
    }

    public override bool Equals(object? obj) => obj is EqualList<T> other && this.SequenceEqual(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var item in this)
            hash.Add(item);
        return hash.ToHashCode();
    }

    /// <summary>A copy, so that whoever made the list cannot change the record.</summary>
    internal static EqualList<T> Of(IEnumerable<T> items, [CallerMemberName] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(items, name);
        return items as EqualList<T> ?? new([.. items]);
    }
}
